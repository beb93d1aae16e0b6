"""What a customer returns: asked for, permitted, received in parts, and followed from there."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models.contracts.rows import Contract
from models.refusals import Refused
from models.returns.rows import Return
from models.stock import ledger
from models.stock.rows import Move, PlaceKeeper
from sync.device import Json
from tests.contracts.agreed import company_day
from tests.returned import (
    agreement,
    ask,
    head,
    lines_of,
    one,
    permit,
    permitted,
    receive,
    remove,
    rollers,
)
from tests.statements import Statement, put
from tests.world import World, proved


def lies(world: World, place: str = "bad", part: str = "roller") -> Any:
    return world.house.database.read(
        lambda session: ledger.balance(session, world.named[place], world.named[part])
    )


# Asking: the world's day is 2026-11-22


@pytest.mark.parametrize(
    ("case", "since", "until", "clause"),
    [
        ("dead_on_arrival", "2026-11-15", "2026-11-22", "parts-dealer.20"),
        ("dead_on_arrival", "2026-11-14", "2026-11-21", "parts-dealer.20"),
        ("quality", "2026-11-07", "2026-11-22", "parts-dealer.21"),
        ("quality", "2026-11-06", "2026-11-21", "parts-dealer.21"),
        ("in_warranty", "2025-11-22", "2026-11-22", "parts-dealer.19"),
        ("out_of_warranty", None, None, None),
    ],
)
def test_whether_the_customer_asked_in_time_is_told_with_the_clause(
    world: World, case: str, since: str | None, until: str | None, clause: str | None
) -> None:
    agreement(world)
    ask(world, case=case, since=since)
    row = one(world)
    last = None if until is None else date.fromisoformat(until)
    timely = None if last is None else last >= date(2026, 11, 22)
    assert (row.until, row.timely) == (last, timely)
    assert (row.terms["window"] or {}).get("clause") == clause


def test_what_counts_is_when_the_customer_asked_and_what_was_agreed_then(world: World) -> None:
    agreement(world)
    ask(world, case="dead_on_arrival", since="2026-11-14", requested="2026-11-21")
    assert one(world).timely
    changed = update(Contract).values(parameters={"receipt_days": 1})
    world.house.database.transact(lambda session, now: session.execute(changed).close())
    company_day(world, date(2026, 11, 21))
    permit(world, world["return"], "repair")
    assert (one(world).until, one(world).timely) == (date(2026, 11, 21), True)


def test_a_blank_that_the_contract_leaves_open_is_named(world: World) -> None:
    agreement(world)
    empty = update(Contract).values(parameters={"report_day": 5, "notice_days": 7, "sale_days": 9})
    world.house.database.transact(lambda session, now: session.execute(empty).close())
    with pytest.raises(Refused, match=r"wrong_value at contract.parameters.receipt_days: is miss"):
        ask(world, case="dead_on_arrival")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"case": "quality", "since": None}, "since"),
        ({"since": "2026-11-23"}, "since"),
        ({"requested": "2026-11-23"}, "requested"),
        ({"requested": "2026-11-01"}, "since"),
        ({"goods": "battery"}, "goods"),
        ({"customer": "7" * 32}, "contract"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    world: World, changed: Json, field: str
) -> None:
    agreement(world)
    with pytest.raises(Refused, match=f"wrong_value at {field}"):
        ask(world, **changed)


def test_a_piece_stands_once_in_a_list_and_comes_in_once(world: World) -> None:
    return_id = permitted(world, head(world, "S-1"))
    with pytest.raises(Refused, match=r"lines.1.serial: it stands here twice"):
        ask(world, head(world, "S-2"), head(world, "S-2"))
    receive(world, return_id, head(world, "S-1"))
    with pytest.raises(Refused, match=r"lines.0.serial: it was received before"):
        receive(world, return_id, head(world, "S-1"))


# Who bears what

FREIGHT: list[tuple[str, str, str | None, dict[str, tuple[str, str]]]] = [
    ("parts-dealer", "dead_on_arrival", None, {
        "repair": ("company", "20"), "back": ("company", "20"), "out": ("company", "20")}),
    ("parts-dealer", "quality", None, {
        "repair": ("company", "21"), "back": ("company", "21"), "out": ("company", "21")}),
    ("parts-dealer", "in_warranty", None, {
        "parts": ("customer", "22"), "back": ("customer", "22"), "out": ("company", "22")}),
    ("parts-dealer", "out_of_warranty", None, {
        "parts": ("customer", "23"), "back": ("customer", "23"), "out": ("customer", "23")}),
    ("parts-dealer", "special", None, {}),
    ("ebike-dealer", "quality", None, {"back": ("customer", "19"), "out": ("company", "19")}),
    ("ebike-dealer", "out_of_warranty", "battery", {
        "back": ("supplier", "22"), "out": ("company", "19")}),
    ("ebike-dealer", "out_of_warranty", None, {
        "back": ("customer", "19"), "out": ("company", "19")}),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "case", "goods", "borne"), FREIGHT)
def test_who_bears_which_cost_is_told_with_the_clause(
    world: World, plan: str, case: str, goods: str | None, borne: dict[str, tuple[str, str]]
) -> None:
    agreement(world, plan)
    ask(world, case=case, goods=goods)
    told = {each["what"]: (each["by"], each["clause"]) for each in one(world).terms["bears"]}
    assert told == {what: (by, f"{plan}.{number}") for what, (by, number) in borne.items()}


def test_the_warehouse_may_decide_otherwise_with_a_reason(world: World) -> None:
    agreement(world)
    return_id = ask(world)
    otherwise = {"back": "company", "repair": "company", "out": "company"}
    with pytest.raises(Refused, match="wrong_value at bears_reason"):
        permit(world, return_id, bears=otherwise)
    permit(world, return_id, bears=otherwise, bears_reason="老客户")
    told = {each["what"]: each for each in one(world).terms["bears"]}
    assert {what: (each["agreed"], each["by"], each["reason"]) for what, each in told.items()} == {
        "parts": ("customer", "customer", None), "back": ("customer", "company", "老客户"),
        "out": ("company", "company", None), "repair": (None, "company", "老客户"),
    }  # fmt: skip
    assert told["back"]["clause"] == "parts-dealer.22"


# Permitting


@pytest.mark.parametrize(
    ("plan", "case", "outcome", "said", "refused"),
    [
        ("parts-dealer", "dead_on_arrival", "return", {}, "return_unready at repair_tried"),
        ("parts-dealer", "quality", "return", {"repair_tried": " "}, "at repair_tried"),
        ("parts-dealer", "quality", "return", {"repair_tried": "换件无效"}, None),
        ("parts-dealer", "dead_on_arrival", "repair", {}, None),
        ("parts-dealer", "in_warranty", "return", {}, None),
        ("parts-dealer", "in_warranty", "exchange", {}, "wrong_value at outcome: the agreement"),
        ("parts-dealer", "special", "return", {}, "return_unready at lines: parts-dealer.24"),
        ("ebike-dealer", "quality", "exchange", {}, "return_unready at verdict"),
        ("ebike-dealer", "quality", "exchange", {"verdict": "成批"}, None),
        ("ebike-dealer", "quality", "return", {"verdict": "成批"}, "wrong_value at outcome"),
        ("ebike-dealer", "dead_on_arrival", "exchange", {"verdict": "x"}, "at repair_tried"),
        ("ebike-dealer", "special", "return", {}, "wrong_value at outcome: the agreement knows"),
    ],
)
def test_a_return_is_permitted_as_its_agreement_says(
    world: World, plan: str, case: str, outcome: str, said: Json, refused: str | None
) -> None:
    agreement(world, plan)
    return_id = ask(world, case=case)
    if refused is None:
        permit(world, return_id, outcome, **said)
        assert (one(world).status, one(world).outcome) == ("permitted", outcome)
        return
    with pytest.raises(Refused, match=refused):
        permit(world, return_id, outcome, **said)
    assert one(world).status == "asked"


def test_what_was_not_permitted_is_not_received(world: World) -> None:
    agreement(world)
    return_id = ask(world, rollers(world, "2"))
    with pytest.raises(Refused, match="return_not_permitted at return: it is asked"):
        receive(world, return_id, rollers(world, "2"))
    world.decide("return.refused", "wang", **{"return": return_id, "reason": "人为损坏"})
    with pytest.raises(Refused, match="return_not_permitted at return: it is refused"):
        receive(world, return_id, rollers(world, "2"))
    with pytest.raises(Refused, match="return_state"):
        permit(world, return_id)
    assert (one(world).status, one(world).reason, lies(world)) == ("refused", "人为损坏", 0)


def test_an_old_battery_goes_to_the_supplier_and_not_to_us(world: World) -> None:
    agreement(world, "ebike-dealer")
    return_id = ask(world, case="out_of_warranty", goods="battery")
    with pytest.raises(Refused, match="knows supplier"):
        permit(world, return_id, "exchange")
    permit(world, return_id, "supplier")
    with pytest.raises(Refused, match="straight to the supplier"):
        receive(world, return_id, rollers(world, "1"))
    world.decide("return.closed", "wang", **{"return": return_id, "note": ""})
    assert one(world).status == "closed"


# Receiving


def test_what_is_accepted_enters_the_defective_store_and_what_is_refused_does_not(
    world: World,
) -> None:
    return_id = permitted(world, rollers(world, "5"), head(world, "S-1"))
    with pytest.raises(Refused, match="wrong_value at place"):
        receive(world, return_id, rollers(world, "1"), place="main")
    receive(world, return_id, rollers(world, "3"), rollers(world, "2", refused="messy"),
            head(world, "S-1"))  # fmt: skip
    proved(world)
    told = {name: (line.listed, line.received, line.refused, line.left)
            for name, line in lines_of(world).items()}  # fmt: skip
    assert told == {"rollers": (5, 3, 2, 3), "S-1": (1, 1, 0, 1)}
    assert (lies(world), lies(world, part="head")) == (3, 1)
    assert (one(world).status, world.open_findings()) == ("received", set())


def test_what_differs_from_the_list_is_found_until_the_rest_arrives(world: World) -> None:
    return_id = permitted(world, rollers(world, "5"), head(world, "S-1"))
    assert world.open_findings() == set()
    receive(world, return_id, rollers(world, "2"))
    assert one(world).status == "partly_received"
    told = {each.evidence["serial"]: (each.evidence["listed"], each.evidence["received"])
            for each in world.found("return.differs")}  # fmt: skip
    assert told == {None: ("5.000", "2.000"), "S-1": ("1.000", "0.000")}
    receive(world, return_id, rollers(world, "3"))
    assert len(world.found("return.differs")) == 1
    receive(world, return_id, head(world, "S-1"))
    proved(world)
    assert (one(world).status, world.open_findings()) == ("received", set())
    assert len(world.found("return.differs", "gone")) == 2


def test_a_person_says_that_the_count_is_final_and_then_it_can_be_closed(world: World) -> None:
    return_id = permitted(world, rollers(world, "5"))
    receive(world, return_id, rollers(world, "6"))
    closing = {"return": return_id, "note": ""}
    with pytest.raises(Refused, match="return_state at return: what came is not"):
        world.decide("return.closed", "wang", **closing)
    world.settle("return.differs", "count_final", "wang")
    assert (one(world).status, lines_of(world)["rollers"].final) == ("received", True)
    receive(world, return_id, rollers(world, "1"))
    assert one(world).status == "partly_received"
    world.settle("return.differs", "count_final", "wang")
    world.decide("return.closed", "wang", **closing)
    with pytest.raises(Refused, match="return_state at return: it is closed"):
        receive(world, return_id, rollers(world, "1"))
    proved(world)
    assert (one(world).status, lies(world), world.open_findings()) == ("closed", 7, set())


def test_without_a_list_the_received_count_is_final(world: World) -> None:
    return_id = permitted(world)
    receive(world, return_id, rollers(world, "4"), rollers(world, "1", refused="incomplete"))
    line = lines_of(world)["rollers"]
    assert (line.listed, line.received, line.refused) == (None, 4, 1)
    assert (one(world).status, world.open_findings()) == ("received", set())


# Its way from there


def test_each_accepted_piece_is_followed_on_its_way(world: World) -> None:
    return_id = permitted(world)
    receive(world, return_id, rollers(world, "9"), head(world, "S-1"))
    of_it: Json = {"return": return_id}
    remove(world, rollers(world, "2"), to="scrap", **of_it)
    remove(world, rollers(world, "3"), head(world, "S-1"), repair=True, due=None, **of_it)
    remove(world, rollers(world, "1"), **of_it)
    world.decide("stock.shipped", "wang", place=world["bad"], to=world["main"],
                 lines=[rollers(world, "1")], transfer=str(world.new("on")), **of_it)  # fmt: skip
    line, piece = lines_of(world)["rollers"], lines_of(world)["S-1"]
    went = (line.scrap, line.repair, line.maker, line.elsewhere, line.left)
    assert went == (2, 3, 1, 1, 2)
    assert (piece.repair, piece.left) == (1, 0)
    world.decide("stock.opened", "wang", place=world["bad"], lines=[rollers(world, "7")])
    with pytest.raises(Refused, match=r"not_enough at lines.0.quantity: 2.000 of the return"):
        remove(world, rollers(world, "3"), to="scrap", **of_it)
    proved(world)


def test_only_the_supplier_repairs(world: World) -> None:
    return_id = permitted(world)
    receive(world, return_id, rollers(world, "1"))
    with pytest.raises(Refused, match="wrong_value at repair"):
        remove(world, rollers(world, "1"), to="scrap", repair=True)


# The books


@pytest.mark.parametrize("late", [(0, 1), (1, 0), (0, 0, 1), (1, 1, 0, 0)])
def test_whatever_is_stated_meanwhile_arrives_in_any_order_and_the_books_are_equal(
    world: World, late: tuple[int, ...]
) -> None:
    """Ten come in, four of them are handed on and two of the rest counted, while the store's phones
    are off; what was decided meanwhile stands."""
    keeping = [
        PlaceKeeper(id=world.new("keeping"), place_id=world.named["bad"], until=None,
                    user_id=world.named[name], since=world.clock.now())
        for name in ("ann", "bob")
    ]  # fmt: skip
    world.add(keeping, set())
    phones = [world.device("ann"), world.device("bob")]
    return_id = permitted(world, rollers(world, "10"))
    receive(world, return_id, rollers(world, "10"))
    said: list[tuple[str, Json]] = [
        ("stock.transferred", {"transfer": str(world.new("away")), "to": world["main"],
                               "lines": [_line(world, "4")]}),
        ("stock.counted", {"whole": False, "complete": [],
                           "lines": [{**_line(world, "5"), "ago": 0}]}),
    ]  # fmt: skip
    for phone, (kind, data) in zip(phones, said, strict=True):
        world.clock.advance(60)
        put(phone, kind, Statement(("place", world["bad"]), data))
    sent = [list(phone.outbox) for phone in phones]
    world.clock.advance(timedelta(days=1).total_seconds())
    remove(world, rollers(world, "3"), to="scrap", **{"return": return_id})
    for number in late:
        phones[number].outbox = list(sent[number])
        proved(world, phones[number])
    moves = sorted(
        (str(move.from_place), str(move.to_place), move.quantity) for move in _in_force(world)
    )
    assert lies(world) == 2
    assert len(moves) == 4  # in, handed on, one missed by the count, scrapped
    assert lines_of(world)["rollers"].left == 7


def _line(world: World, quantity: str) -> Json:
    return {"part": world["roller"], "quantity": quantity}


def _in_force(world: World) -> list[Any]:
    journal: dict[tuple[Any, ...], list[Move]] = {}
    for move in world.rows(Move):
        journal.setdefault((move.book_id, move.cause_id, move.role), []).append(move)
    for moves in journal.values():
        moves.sort(key=lambda move: move.ordinal)
    here = world.named["bad"]
    held = ledger.holding(journal).values()
    return [one for one in held if here in (one.from_place, one.to_place)]


def test_what_is_asked_twice_in_the_same_words_is_one_return(world: World) -> None:
    """Whoever presses the button again is told of the first; other words, or later, are another."""
    agreement(world)
    first = ask(world)
    world.clock.advance(300)
    with pytest.raises(Refused, match=f"exists at note: return {first} says the same since"):
        ask(world, name="again")
    ask(world, name="another", note="第二批")
    world.clock.advance(600)
    ask(world, name="later")
    assert len(world.rows(Return)) == 3
