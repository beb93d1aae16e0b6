"""The clock at any moment: what it says while something waits, pauses, is late, or is unknown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from models.contracts.calendar import Ground, Hours
from models.contracts.clock import Event, Promise, Request, if_it_happened, in_force, promises
from models.contracts.making import make
from models.contracts.telling import segments
from models.contracts.warning import DESK, notices
from tests.contracts.examples import GROUND

WORDS = {"en": "Words.", "zh": "话。"}
OFFICE = {**WORDS, "week": [{"days": "mon-fri", "hours": ["09:00-18:00"]}], "holidays": "closed"}


def at(text: str) -> datetime:
    """A local time of March 2026."""
    return datetime.fromisoformat(f"2026-03-{text}+08:00").astimezone(UTC)


def promise(events: list[Event], opened: str = "10T10:00", **target: Any) -> Promise:
    """The one promise of a plan with that target, for a request opened then."""
    raw: dict[str, Any] = {
        "plan": "p", "version": 1, **WORDS, "calendars": {"office": OFFICE},
        "pauses": [{"pause": "customer", "clause": "p.9", **WORDS, "stops": ["resolution"]}],
        "targets": [{"target": "resolution", "clause": "p.1", **WORDS, "until": "resolved",
                     **target}],
    }  # fmt: skip
    request = Request(GROUND, [Event("reported", at(opened)), *events])
    return promises(make(raw, {}), request)[0]


def test_it_waits_until_it_begins() -> None:
    one = promise([], within="2 hours", **{"from": "phone_failed"})
    assert one.state_at(at("20T10:00")) == "waiting"
    one = promise([Event("phone_failed", at("10T12:00"))], within="2 hours",
                  **{"from": "phone_failed"})  # fmt: skip
    assert [one.state_at(at(text)) for text in ("10T11:59", "10T12:00", "10T14:01")] == [
        "waiting",
        "running",
        "breached",
    ]


def test_exactly_at_the_due_time_is_in_time_unless_it_is_strict() -> None:
    done = [Event("resolved", at("10T12:00"))]
    assert promise(done, within="2 hours").state_at(at("11T10:00")) == "met"
    assert promise(done, within="2 hours", edge="strict").state_at(at("11T10:00")) == "breached"


def test_a_pause_stops_only_what_the_plan_lets_it_stop() -> None:
    events = [
        Event("paused", at("10T11:00"), "customer"),
        Event("resumed", at("10T13:00"), "customer"),
        Event("paused", at("10T13:30"), "weather"),
    ]
    one = promise(events, within="2 hours")
    assert one.due.at == at("10T14:00")
    assert one.state_at(at("10T12:00")) == "paused"
    other = promise(events, within="2 hours", target="arrival", until="arrived")
    assert other.due.at == at("10T12:00")


def test_while_a_pause_goes_on_nothing_falls_due() -> None:
    one = promise([Event("paused", at("10T11:00"), "customer")], within="2 hours")
    assert one.due.at is None
    assert one.state_at(at("31T11:00")) == "paused"
    days = promise([Event("paused", at("10T11:00"), "customer")], within="2 days")
    assert days.due.at is None


def test_a_day_that_ends_in_a_pause_is_not_counted() -> None:
    events = [
        Event("paused", at("11T11:00"), "customer"),
        Event("resumed", at("13T09:00"), "customer"),
    ]
    assert promise(events, within="2 days").due.at == at("15T00:00")
    assert promise([], within="2 days").due.at == at("13T00:00")


def test_a_pause_within_a_day_moves_no_day() -> None:
    events = [
        Event("paused", at("11T11:00"), "customer"),
        Event("resumed", at("11T15:00"), "customer"),
    ]
    assert promise(events, within="2 days").due.at == at("13T00:00")


def test_while_the_phone_is_silent_a_missed_arrival_is_unknown_for_three_days() -> None:
    one = promise([], target="arrival", until="arrived", within="2 hours")
    late, heard = at("10T15:00"), at("10T11:00")
    assert one.state_at(late, heard) == "unknown"
    assert one.state_at(late, at("10T12:30")) == "breached"
    assert one.state_at(late) == "breached"
    assert one.state_at(at("13T12:00"), heard) == "unknown"
    assert one.state_at(at("13T12:01"), heard) == "breached"


def test_what_the_desk_does_is_never_unknown() -> None:
    one = promise([], target="reply", until="replied", within="2 hours")
    assert one.state_at(at("10T15:00"), at("10T11:00")) == "breached"


def test_what_was_not_solved_after_all_ran_on_since_the_report() -> None:
    events = [
        Event("resolved", at("10T11:00")),
        Event("reopened", at("10T11:30")),
        Event("resolved", at("10T15:00")),
    ]
    assert promise(events[:1], within="2 hours").state_at(at("10T11:30")) == "met"
    again = promise(events[:2], within="2 hours")
    assert (again.due.at, again.stopped) == (at("10T12:00"), None)
    assert again.state_at(at("10T12:01")) == "breached"
    assert promise(events, within="5 hours").stopped == at("10T15:00")


def test_reopening_takes_back_no_reply_and_no_arrival() -> None:
    events = [Event("arrived", at("10T10:30")), Event("reopened", at("10T11:30"))]
    one = promise(events, target="arrival", until="arrived", within="1 hour")
    assert one.state_at(at("10T12:00")) == "met"


def test_what_follows_the_solution_begins_with_the_one_that_lasts() -> None:
    events = [
        Event("resolved", at("10T11:00")),
        Event("reopened", at("10T12:00")),
        Event("resolved", at("11T09:00")),
    ]
    one = promise(events, target="follow_up", until="followed_up", within="1 hour",
                  **{"from": "resolved"})  # fmt: skip
    assert one.due.at == at("11T10:00")


def test_what_if_we_go_at_14() -> None:
    raw = {
        "plan": "p", "version": 1, **WORDS,
        "targets": [
            {"target": "arrival", "clause": "p.1", **WORDS, "within": hours, "until": "arrived"}
            for hours in ("3 hours", "5 hours")
        ] + [{"target": "reply", "clause": "p.2", **WORDS, "within": "1 hour", "until": "replied"}],
    }  # fmt: skip
    request = Request(GROUND, [Event("reported", at("10T10:00"))])
    then = if_it_happened(make(raw, {}), request, "arrived", at("10T14:00"))
    assert [one.state_at(at("10T14:00")) for one in then] == ["breached", "met"]


def test_of_each_kind_the_one_that_is_due_first_holds() -> None:
    slow = promise([], within="3 hours")
    fast = promise([], within="2 hours")
    words = promise([], soon={"en": "at once", "zh": "立即"})
    assert in_force([words, slow, fast]) == {"resolution": fast}
    assert in_force([words]) == {"resolution": words}


def test_a_house_figure_is_shown_beside_words_that_have_none() -> None:
    one = promise([], soon={"en": "at once", "zh": "立即"}, house="30 minutes")
    assert one.due.at == at("10T10:30")
    assert one.target.soon is not None


# What a count is made of


def told_segments(opened: str, **target: Any) -> list[tuple[bool, str]]:
    one = promise([], opened, **target)
    assert one.started is not None
    assert one.due.at is not None
    assert one.target.figure is not None
    hours = GROUND.hours(one.plan.week(one.target.counts))
    found = segments(one.target.figure, hours, one.started, one.due.at)
    return [(part.counted, part.why) for part in found]


def test_the_day_that_is_counted_is_told_as_counted() -> None:
    days = {"within": "2 working days", "counts": "office"}
    assert told_segments("13T10:00", within="the same day") == [(True, "service")]
    assert told_segments("13T10:00", **days) == [
        (False, "first_day"), (False, "rest"), (True, "service"),
    ]  # fmt: skip
    assert told_segments("13T10:00", first_day="counted", **days) == [
        (True, "service"), (False, "rest"), (True, "service"),
    ]  # fmt: skip
    assert told_segments("13T19:00", within="the same day", ends="close", counts="office") == [
        (False, "first_day"), (False, "rest"), (True, "service"),
    ]  # fmt: skip


# Warnings


def desk(ground: Ground = GROUND) -> Hours:
    return ground.hours(DESK)


def told(one: Promise) -> tuple[datetime | None, datetime | None]:
    return tuple(notices(one, desk()))  # type: ignore[return-value]  # It has just these two.


def test_a_warning_comes_a_quarter_of_the_time_before() -> None:
    assert told(promise([], within="4 hours")) == (at("10T13:00"), at("10T14:00"))


def test_a_warning_at_night_comes_before_people_go_home() -> None:
    one = promise([], opened="10T16:00", within="12 hours")
    assert told(one) == (at("10T17:00"), at("11T08:30"))


def test_a_clock_that_begins_at_night_is_told_of_in_the_morning() -> None:
    one = promise([], opened="10T22:00", within="2 hours")
    assert told(one) == (at("11T08:30"), at("11T08:30"))


def test_a_warning_is_a_day_early_at_most_and_skips_holidays() -> None:
    one = promise([], opened="02T10:00", within="20 days")
    assert told(one) == (at("20T17:00"), at("23T08:30"))


def test_where_nothing_is_due_nobody_is_told() -> None:
    assert told(promise([], soon={"en": "at once", "zh": "立即"})) == (None, None)


def test_a_term_ends_with_the_day_of_the_same_date() -> None:
    raw = {
        "plan": "p", "version": 1, **WORDS,
        "terms": [
            {"term": "free", "clause": "p.1", **WORDS, "lasts": "12 months", "from": "paid"},
            {"term": "cheap", "clause": "p.2", **WORDS, "lasts": "1 month", "from": "free"},
        ],
    }  # fmt: skip
    plan = make(raw, {})
    dates = {"paid": date(2025, 2, 28)}
    assert plan.days_of("free", dates, GROUND) == (date(2025, 2, 28), date(2026, 2, 28))
    assert plan.days_of("cheap", dates, GROUND) == (date(2026, 2, 28), date(2026, 3, 28))
    assert plan.days_of("free", {}, GROUND) is None


def test_silence_is_believed_for_three_days() -> None:
    one = promise([], target="arrival", until="arrived", within="1 hour")
    assert one.due.at is not None
    limit = one.due.at + timedelta(days=3)
    assert one.state_at(limit, at("10T10:01")) == "unknown"
