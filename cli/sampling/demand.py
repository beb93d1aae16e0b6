"""What customers want and when: the jobs of the past weeks and of those to come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from cli.sampling.company import Company, Ground, Machine, Technician
from cli.sampling.tables.ailments import AILMENTS, INSPECTION
from cli.sampling.tables.scenes import COURSES, SCENES, Scene
from cli.sampling.trip import Job, Task
from cli.sampling.workdays import Workdays, at, later, local_day
from models.stock.rows import Part

BUSY_PERCENT, AHEAD_PERCENT = 38, 30  # of a technician's days
CALLED_BEFORE = ((1, 60), (2, 30), (3, 10))  # workdays, and how often
CALLED_TO_COME = ((1, 20), (2, 45), (3, 35))
MORNING, AFTERNOON = (9, 0), (13, 0)
STOCKED_UNTIL = 5  # workdays for which a van has its parts from the beginning
EXTRAS = 5
SLOW = {"declined"}  # The evening before, so the customer has called by then.


@dataclass
class Demand:
    """Makes jobs out of the company's customers and the table of scenes."""

    company: Company
    workdays: Workdays

    def jobs(self) -> list[Job]:
        """All jobs, in the order in which customers call."""
        scenes = {(day, technician): scene for scene, day, technician in self._scenes()}
        jobs = list(self._past(scenes))
        jobs += self._ahead()
        return sorted(jobs, key=lambda job: job.opened)

    def _scenes(self) -> Iterator[tuple[Scene, date, int]]:
        """The scenes that this company has days and technicians for."""
        for scene in SCENES:
            known = scene.technician < len(self.company.technicians)
            if known and scene.workdays_ago <= len(self.workdays.past):
                yield scene, self.workdays.past[-scene.workdays_ago], scene.technician

    def _past(self, scenes: dict[tuple[date, int], Scene]) -> Iterator[Job]:
        dice = self.company.dice
        for day in self.workdays.past:
            for number, technician in enumerate(self.company.technicians):
                scene = scenes.get((day, number))
                if scene is not None:
                    yield self._job(technician, at(day, *MORNING), scene.course, scene)
                elif dice.chance(BUSY_PERCENT):
                    slot = dice.pick((MORNING, AFTERNOON))
                    yield self._job(technician, at(day, *slot), dice.weighted(COURSES))

    def _ahead(self) -> Iterator[Job]:
        dice = self.company.dice
        for day in self.workdays.ahead:
            for technician in self.company.technicians:
                if dice.chance(AHEAD_PERCENT):
                    slot = dice.pick((MORNING, AFTERNOON))
                    yield self._job(technician, at(day, *slot), dice.weighted(COURSES))

    def _job(
        self, technician: Technician, starts: datetime, course: str, scene: Scene | None = None
    ) -> Job:
        dice = self.company.dice
        to_come = local_day(starts) > local_day(self.workdays.now)
        ground, machine = self._somewhere(technician, scene, to_come)
        tasks = [self._task(machine, course)]
        if scene is None and len(ground.machines) > 1 and dice.chance(15):
            other = next(one for one in ground.machines if one is not machine)
            tasks.append(self._task(other, course))
        swift = course not in SLOW and self._is_swift(ground, machine)
        opened = self._just_before(starts) if swift else self._opened(starts)
        return Job(technician, ground, tasks, opened, starts, course, scene)

    def _is_swift(self, ground: Ground, machine: Machine) -> bool:
        return any(one.signed.swift for one in self.company.agreed_on(ground, machine))

    def _somewhere(
        self, technician: Technician, scene: Scene | None, to_come: bool
    ) -> tuple[Ground, Machine]:
        """A machine in the technician's area, of the scene's family or plan if there is one. To
        whom help is promised for the same day, nobody goes on another."""
        known = [
            (ground, machine)
            for ground in self.company.grounds
            if ground.client.area == technician.area
            for machine in ground.machines
            if not (to_come and self._is_swift(ground, machine))
        ]
        fitting = [one for one in known if scene is not None and self._fits(scene, *one)]
        return self.company.dice.pick(fitting or known)

    def _fits(self, scene: Scene, ground: Ground, machine: Machine) -> bool:
        plans = {one.signed.plan for one in self.company.agreed_on(ground, machine)}
        return machine.family == scene.family or scene.plan in plans

    def _task(self, machine: Machine, course: str) -> Task:
        inspected = course == "inspect"
        return Task(
            machine, INSPECTION if inspected else self.company.dice.pick(AILMENTS[machine.family])
        )

    def _just_before(self, starts: datetime) -> datetime:
        return starts - timedelta(minutes=self.company.dice.between(50, 110))

    def _opened(self, starts: datetime) -> datetime:
        """When the customer called: in office hours, after the books were opened, on a workday
        before the visit; for one to come up to today, and if that is after now it never was."""
        dice, today = self.company.dice, local_day(self.workdays.now)
        to_come = local_day(starts) > today
        last = later(today, 1) if to_come else local_day(starts)
        back = dice.weighted(CALLED_TO_COME if to_come else CALLED_BEFORE)
        day = max(later(last, -back), local_day(self.workdays.founded))
        return at(day, 9) + timedelta(minutes=dice.between(0, 400))


def first_stock(company: Company, jobs: Sequence[Job], until: datetime) -> dict[UUID, list[Part]]:
    """What each van has from the beginning: the parts of its first jobs, and a few more."""
    parts = list(company.parts.values())
    vans: dict[UUID, list[Part]] = {}
    for technician in company.technicians:
        needed = [
            part
            for job in jobs
            if job.technician is technician and job.starts < until
            for part in needed_by(company, job)
        ]
        plain = [part for part in parts if part.tracking == "none"]
        pieces = [part for part in parts if part.tracking == "serial"]
        extras = [company.dice.pick(plain) for _ in range(EXTRAS)] + [company.dice.pick(pieces)]
        vans[technician.van.id] = [*extras, *needed]
    return vans


def needed_by(company: Company, job: Job) -> list[Part]:
    """The parts that help with the job's tasks."""
    return [part for task in job.tasks if (part := task.part_of(company.parts)) is not None]
