"""What the sample is made with: choices, an agenda, days, handwriting and pictures."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from cli.sampling import pictures
from cli.sampling.agenda import Agenda, Steps, minutes
from cli.sampling.pen import sign
from cli.sampling.tables.ailments import AILMENTS
from cli.sampling.tables.customers import CUSTOMERS
from cli.sampling.tables.equipment import FAMILIES
from cli.sampling.tables.knowledge import CODES
from cli.sampling.tables.notices import NOTICES
from cli.sampling.tables.phrases import PHRASES
from cli.sampling.workdays import Workdays, at, later, local_day
from models.clock import ManualClock
from models.ids import SeededIds
from simulation.dice import Dice
from sync.facts.kind import printable

MONDAY = date(2026, 11, 23)


def test_equal_seeds_give_equal_ids_and_never_equal_secrets() -> None:
    one, other, now = SeededIds(1), SeededIds(1), datetime(2026, 11, 23, tzinfo=UTC)
    assert one.new(now) == other.new(now)
    assert one.secret() != other.secret()
    assert one.code() != other.code()


def test_dice_follow_from_their_seed_and_keep_to_their_weights() -> None:
    def throw(seed: str) -> list[str]:
        dice = Dice(seed)
        return [dice.weighted((("often", 90), ("seldom", 10), ("never", 0))) for _ in range(500)]

    assert throw("a") == throw("a")
    assert throw("a") != throw("b")
    often, seldom = (Counter(throw("a"))[word] for word in ("often", "seldom"))
    assert often + seldom == 500
    assert 20 <= seldom <= 90


def test_everybody_acts_in_turn_and_nobody_after_the_end() -> None:
    clock = ManualClock()
    agenda, began, done = Agenda(clock), clock.now(), []

    def steps(name: str, wait: timedelta) -> Steps:
        while True:
            done.append((name, clock.now() - began))
            yield wait

    agenda.start(steps("slow", minutes(30)))
    agenda.start(steps("fast", minutes(20)), began + minutes(10))
    agenda.run(began + minutes(50))
    assert done == [
        ("slow", minutes(0)),
        ("fast", minutes(10)),
        ("slow", minutes(30)),
        ("fast", minutes(30)),
        ("fast", minutes(50)),
    ]


@pytest.mark.parametrize(
    ("day", "workdays", "expected"),
    [
        (MONDAY, 1, date(2026, 11, 24)),
        (MONDAY, -1, date(2026, 11, 20)),
        (date(2026, 11, 21), 1, MONDAY),
        (MONDAY, 5, date(2026, 11, 30)),
    ],
)
def test_workdays_leave_out_the_weekend(day: date, workdays: int, expected: date) -> None:
    assert later(day, workdays) == expected


def test_today_is_the_companys_day_and_not_past() -> None:
    workdays = Workdays(at(MONDAY, 0, 30), days_past=7, days_ahead=4)
    assert local_day(workdays.now) == MONDAY
    assert workdays.past[-1] == date(2026, 11, 20)
    assert workdays.ahead[0] == MONDAY
    assert workdays.founded < at(workdays.past[0], 0)


@pytest.mark.parametrize("name", ["林越", "马婷婷", "Tom Becker"])
def test_a_hand_is_known_by_its_name_and_trembles(name: str) -> None:
    one, other = sign(name, Dice("one")), sign(name, Dice("other"))
    assert one != other
    assert [len(stroke) for stroke in one] == [len(stroke) for stroke in other]
    for first, second in zip(one, other, strict=True):
        for point, same in zip(first, second, strict=True):
            assert abs(point[0] - same[0]) <= 2
            assert abs(point[1] - same[1]) <= 2
    times = [point[2] for stroke in one for point in stroke]
    assert times == sorted(times)
    assert sign("何建国", Dice("one")) != sign("谢晚晴", Dice("one"))


def test_pictures_differ_and_can_be_opened() -> None:
    made = [
        pictures.plate("BP-200", "24031001"),
        pictures.plate("BP-200", "24031002"),
        pictures.before("printer", "2026-11-23"),
        pictures.after("printer", "2026-11-23"),
    ]
    assert len({picture.sha256 for picture in made}) == len(made)
    assert pictures.plate("BP-200", "24031001") == made[0]
    for picture in made:
        assert Image.open(BytesIO(picture.data)).size == pictures.SIZE


def test_the_tables_name_only_what_there_is() -> None:
    assert len({customer.name for customer in CUSTOMERS}) == len(CUSTOMERS)
    assert {key for customer in CUSTOMERS for key in customer.families.split()} == set(FAMILIES)
    assert set(AILMENTS) == set(FAMILIES) == set(pictures.BODIES)
    for key, ailments in AILMENTS.items():
        suffixes = {part.suffix for part in FAMILIES[key].parts}
        assert {ailment.part for ailment in ailments} - {None} <= suffixes


def test_everything_is_said_in_both_languages() -> None:
    texts = [ailment for ailments in AILMENTS.values() for ailment in ailments]
    pairs = [(zh, en) for one in texts for zh, en in zip(one.zh, one.en, strict=True)]
    codes = [(one.zh, one.en) for one in CODES]
    notices = [(one.zh, one.en) for one in NOTICES]
    for zh, en in [*pairs, *PHRASES.values(), *codes, *notices]:
        printable(zh)
        assert not zh.isascii()
        assert en.isascii()
