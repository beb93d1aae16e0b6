"""One visit as those see it who have to do with it: the desk decides, the technician states."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.sampling import pen
from cli.sampling.company import Agreed, Company, Ground, Machine, Technician, part_code
from cli.sampling.pictures import Picture
from cli.sampling.supply import Supply
from cli.sampling.tables.ailments import Ailment
from cli.sampling.tables.phrases import CHARGES, phrase
from cli.sampling.tables.scenes import Scene
from models.clock import instant_text
from models.contracts.promising import NOTED
from models.dispatch.bookings import Window, booked
from models.findings import SETTLED, Finding
from models.knowledge import Checklist
from models.loaners.rows import Loaner
from models.people import Role
from models.stock.rows import Part
from sync.device import Json
from sync.settling import settlement

DUE_HOURS = {"urgent": 4, "normal": 24, "minor": 72}
SWITCHED_OFF = {"server", "display"}
VISIT_HOURS = timedelta(hours=2)


@dataclass(frozen=True)
class Task:
    """What is to be looked into at one machine."""

    machine: Machine
    ailment: Ailment

    def part_of(self, parts: Mapping[str, Part]) -> Part | None:
        """The part that helps, where one does."""
        suffix = self.ailment.part
        return None if suffix is None else parts[part_code(self.machine.row.model, suffix)]


@dataclass(frozen=True)
class Job:
    """What a customer wants done: opened then, promised for then, and how it will go."""

    technician: Technician
    ground: Ground
    tasks: Sequence[Task]
    opened: datetime
    starts: datetime
    course: str
    scene: Scene | None = None


@dataclass
class Trip:
    """One visit of a job, and what is known of it on the way."""

    company: Company
    supply: Supply
    job: Job
    technician: Technician
    visit: str
    starts: datetime
    orders: list[str] = field(default_factory=list)
    cites: list[str] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)
    arrived: datetime | None = None

    @cached_property
    def photographed(self) -> bool:
        """Whether the technician takes photos here."""
        return self.company.dice.chance(9)

    @property
    def loaner(self) -> Loaner | None:
        """The loaner that goes along."""
        scene = self.job.scene
        return None if scene is None or scene.loaner is None else self._pool[scene.loaner]

    @property
    def _pool(self) -> list[Loaner]:
        return self.company.loaners

    @property
    def consents(self) -> list[str]:
        """What the customer has to agree to."""
        families = {task.machine.family for task in self.job.tasks}
        return ["power_off"] if families & SWITCHED_OFF else []

    def say(self, key: str, *words: str) -> str:
        """The phrase as one says it at this customer's."""
        return phrase(key, self.job.ground.language, *words)

    def after(self, low: int, high: int) -> timedelta:
        """Some minutes, and not on the dot."""
        return timedelta(seconds=self.company.dice.between(low * 60, high * 60))

    # The desk

    def decide(self, kind: str, **data: object) -> None:
        """The dispatcher of the area decides."""
        desk = self.company.office_of(Role.DISPATCHER, self.job.ground.client.area)
        self.company.decide(desk, kind, **data)

    def open_orders(self) -> None:
        """A work order for each task. Where no contract says when it is due, somebody does."""
        for task in self.job.tasks:
            self.orders.append(str(self.company.new()))
            hours = timedelta(hours=DUE_HOURS[task.ailment.level])
            due = max(self.company.clock.now() + hours, self.job.starts)
            agreed = self._agreed_on(task)
            levels = {name: value for one in agreed for name, value in one.signed.levels.items()}
            self.decide(
                "work_order.opened",
                work_order=self.orders[-1],
                site=str(self.job.ground.site.id),
                asset=str(task.machine.row.id),
                request=task.ailment.words(self.job.ground.language).request,
                level=levels.get(task.ailment.level, task.ailment.level),
                due=None if agreed else instant_text(due),
            )

    def note(self, *events: str) -> None:
        """What clocks have to know of each work order, as far as its contracts ask for it."""
        for order, task in self._pairs():
            known = {event for one in self._agreed_on(task) for event in one.events}
            for event in events:
                if event in known:
                    self._note(order, event)

    def pause(self, reason: str, over: bool = False) -> None:
        """The clocks stand still that the contracts let stand still for that reason, or run on."""
        for order, task in self._pairs():
            if any(reason in one.plan.reasons for one in self._agreed_on(task)):
                self._note(order, "resumed" if over else "paused", reason)

    def _note(self, order: str, event: str, reason: str | None = None) -> None:
        at = instant_text(self.company.clock.now())
        self.decide(NOTED, work_order=order, event=event, at=at, reason=reason, time=None)

    @property
    def agreed(self) -> list[Agreed]:
        """The contracts that hold for what is to be looked into."""
        return [one for task in self.job.tasks for one in self._agreed_on(task)]

    def _agreed_on(self, task: Task) -> list[Agreed]:
        return self.company.agreed_on(self.job.ground, task.machine)

    def plan(self, again: bool = False) -> None:
        """The window, what is to be done, and what will be needed."""
        parts = [part for task in self.job.tasks if (part := task.part_of(self.company.parts))]
        self.decide(
            "visit.planned",
            visit=self.visit,
            site=str(self.job.ground.site.id),
            starts=instant_text(self.starts),
            ends=instant_text(self.starts + VISIT_HOURS),
            items=[
                {"work_order": order, "task": self._task(task, again)}
                for order, task in zip(self.orders, self.job.tasks, strict=True)
            ],
            checklist=self._checklist().lines,
            parts_planned=[{"part": str(part.id), "quantity": "1"} for part in parts],
            loaner_duty=None if self.loaner is None else str(self.loaner.id),
            to_sign=["technician", "customer"],
            consents=self.consents,
        )

    def _checklist(self) -> Checklist:
        """That of an inspection, of the device's family, or the one for all others."""
        lists, family = self.company.checklists, self.job.tasks[0].machine.family
        return lists.get("inspect" if self.job.course == "inspect" else family, lists[None])

    def _task(self, task: Task, again: bool) -> str:
        words = task.ailment.words(self.job.ground.language)
        return self.say("task_again" if again else "task", words.request)

    def assign(self, lead: Technician, *helpers: Technician) -> None:
        """Name the crew. Who is free was asked first, but there is not always somebody."""
        crew = [{"user": str(lead.user.id), "role": "lead"}]
        crew += [{"user": str(helper.user.id), "role": "helper"} for helper in helpers]
        self.decide("visit.assigned", visit=self.visit, crew=crew, overlap=True)

    def free(self, starts: datetime) -> list[Technician]:
        """The technicians who have no other visit then."""
        known, window = self.company.technicians, Window(starts, starts + VISIT_HOURS)
        users = [one.user.id for one in known]
        busy = self.company.house.database.read(
            lambda session: booked(session, users, window, UUID(self.visit))
        )
        return [one for one in known if one.user.id not in busy]

    def again(self, starts: datetime) -> "Trip":
        """Another visit for the same work orders, planned and assigned."""
        fresh = Trip(
            self.company, self.supply, self.job, self.technician,
            str(self.company.new()), starts, list(self.orders),
        )  # fmt: skip
        fresh.plan(again=True)
        fresh.assign(self.technician)
        return fresh

    def settle(self, code: str, resolution: str) -> None:
        """Settle a finding about the visit."""

        def body(session: Session) -> Finding:
            query = select(Finding).where(Finding.subject_id == UUID(self.visit))
            return session.scalars(query.where(Finding.code == code)).one()

        finding = self.company.house.database.read(body)
        self.decide(SETTLED, **settlement(finding, resolution, finding.digest))

    # The field

    def by(self, other: Technician) -> "Trip":
        """The same visit in a colleague's hands."""
        return replace(self, technician=other, cites=[], photos=[])

    def state(self, kind: str, data: Json | None = None, **parts: str) -> str:
        """The technician states something of the visit; answers the fact's id."""
        return self.technician.phone.device.state(kind, ("visit", self.visit), data, parts)

    def photograph(self, picture: Picture) -> None:
        """Take a photo: it is promised now and brought when there is a network."""
        promise = {"sha256": picture.sha256, "size": len(picture.data), "type": "image/jpeg"}
        data = {"photo": promise, "purpose": picture.purpose}
        self.cites.append(self.state("photo.taken", data, caption=picture.caption))
        self.photos.append(picture.sha256)
        self.technician.phone.promised.append(picture)

    def used_parts(self) -> list[Json]:
        """The lines of what is taken from the van for the tasks, and of what came out for it."""
        lines = []
        for task in self.job.tasks:
            part = task.part_of(self.company.parts)
            line = None if part is None else self.supply.take(self.technician.van, part)
            if part is None or line is None:
                continue
            if line["serial"] is not None:
                line["removed"] = {"part": line["part"], "serial": f"OLD{line['serial'][2:]}"}
            lines.append(line)
        return lines

    def seal(
        self,
        used: Sequence[Json] = (),
        result: str = "done",
        sign_off: str = "signed",
        remarks: str | None = None,
    ) -> None:
        """Write the record, have it signed, and seal it."""
        content = {
            name: json.dumps(part, ensure_ascii=False)
            for name, part in self._content(used, result).items()
        }
        if remarks is not None:
            content["remarks"] = remarks
        names = {"technician": self.technician.user.full_name}
        if sign_off == "signed":
            names["customer"] = self.job.ground.contacts[0].name
        manifest = {
            "record": str(self.company.new()),
            "number": 1,
            "previous": None,
            "result": result,
            "sign_off": sign_off,
            "cites": self.cites,
        }
        signers = {
            role: {"name": name, "strokes": pen.sign(name, self.company.dice)}
            for role, name in names.items()
        }
        self.technician.phone.device.seal(self.visit, manifest, content, signers)

    def _content(self, used: Sequence[Json], result: str) -> dict[str, Json]:
        ground, now = self.job.ground, self.company.clock.now()
        charge = self.company.dice.weighted(CHARGES)
        lines = [] if charge is None else [dict(zip(("what", "amount_fen", "reason"), charge,
                                                    strict=True))]  # fmt: skip
        place = str(self.technician.van.id)
        return {
            "visit": {
                "site": f"{ground.client.name} {ground.site.name}",
                "arrived": instant_text(self.arrived or now),
                "finished": instant_text(now),
            },
            "work": {"items": [self._work(*pair, result) for pair in self._pairs()]},
            "parts_used": {"lines": [{"place": place, **_without_nothing(one)} for one in used]},
            "charges": {"basis": "manual", "lines": lines},
            "photos": {"photos": self.photos},
        }

    def _pairs(self) -> list[tuple[str, Task]]:
        return list(zip(self.orders, self.job.tasks, strict=True))

    def _work(self, order: str, task: Task, result: str) -> Json:
        words = task.ailment.words(self.job.ground.language)
        remedy = words.remedy if result == "done" else self.say("part_missing")
        return {"work_order": order, "fault": words.fault, "remedy": remedy}


def _without_nothing(line: Json) -> Json:
    return {name: value for name, value in line.items() if value is not None}
