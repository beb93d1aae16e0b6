"""What a count is made of, stretch by stretch: counted or not, and why."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from models.contracts.calendar import Day, Hours
from models.contracts.counting import (
    Figure,
    Pause,
    Segment,
    counts_time,
    days_counted,
    days_to_count,
    hours_for,
)


def segments(
    figure: Figure, hours: Hours, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> list[Segment]:
    """Every stretch from the start to the end. Those that touch and are alike are one."""
    if figure.before or end <= start:
        return []
    if counts_time(figure):
        return _joined(_of_time(hours_for(figure, hours), start, end, pauses))
    return _joined(_of_days(figure, hours, start, end, pauses))


def _of_time(
    hours: Hours, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> Iterator[Segment]:
    at = start
    while at < end:
        day = hours.day(hours.date_of(at))
        pause = _pause_at(pauses, at)
        counted, why = _stands(day, at, pause)
        until = min(end, *_edges(hours, day, pauses, at))
        name = day.name if why in {"holiday", "makeup"} else None
        yield Segment(at, until, counted, why, name)
        at = until


def _stands(day: Day, at: datetime, pause: Pause | None) -> tuple[bool, str]:
    """Whether the moment is counted, and why it is or is not."""
    if not any(since <= at < until for since, until in day.spans):
        return False, "closed" if day.works else day.kind
    if pause is not None:
        return False, "paused"
    return True, "makeup" if day.kind == "makeup" else "service"


def _pause_at(pauses: Sequence[Pause], at: datetime) -> Pause | None:
    for pause in pauses:
        if pause.since <= at and (pause.until is None or at < pause.until):
            return pause
    return None


def _edges(hours: Hours, day: Day, pauses: Sequence[Pause], at: datetime) -> list[datetime]:
    """What may change after the moment: shifts, pauses, and the day itself."""
    edges = [edge for span in day.spans for edge in span]
    edges += [edge for pause in pauses for edge in (pause.since, pause.until) if edge is not None]
    return [edge for edge in (*edges, hours.end_of(day.date)) if edge > at]


def _of_days(
    figure: Figure, hours: Hours, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> Iterator[Segment]:
    at, before = start, days_to_count(figure, hours.date_of(start))
    for day, left in days_counted(figure, hours, start, pauses):
        until = min(end, hours.end_of(day.date))
        yield Segment(at, until, left < before, _why(day, left < before, at == start), day.name)
        at, before = until, left
        if at >= end:
            return


def _why(day: Day, counted: bool, first: bool) -> str:
    if counted:
        return "makeup" if day.kind == "makeup" else "service"
    if first:
        return "first_day"
    return "paused" if day.works else day.kind


def _joined(segments_: Iterator[Segment]) -> list[Segment]:
    found: list[Segment] = []
    for one in segments_:
        if found and found[-1][2:] == one[2:]:
            found[-1] = found[-1]._replace(until=one.until)
        else:
            found.append(one)
    return found
