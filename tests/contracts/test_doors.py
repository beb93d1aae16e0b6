"""Plans, contracts and promises over HTTP."""

from typing import Any

from tests.api.door import Door, told
from tests.contracts.agreed import minute, move_to
from tests.contracts.examples import PLANS
from tests.world import World


def plan_id(door: Door, name: str) -> str:
    text = (PLANS / f"{name}.yaml").read_text()
    id_: str = door.post("/plans", text=text)["id"]
    return id_


def contract(door: Door, plan: str, code: str = "K-1", **values: Any) -> dict[str, Any]:
    made: dict[str, Any] = door.post(
        "/contracts",
        code=code,
        customer_id=door.world["customer"],
        plan_id=plan_id(door, plan),
        starts="2026-01-01",
        **values,
    )
    return made


def opened(door: Door, **values: Any) -> str:
    id_: str = door.post(
        "/work-orders", "dora", site=door.world["site"], asset=door.world["asset"],
        request="打印不清", **values,
    )["id"]  # fmt: skip
    return id_


def test_a_supervisor_adds_a_plan_and_a_contract_and_a_dispatcher_sees_what_is_due(
    door: Door,
) -> None:
    made = contract(door, "barcode-printer", dates={"paid": "2026-01-05"})
    assert (made["plan_name"], made["plan_version"]) == ("barcode-printer", 1)
    id_ = opened(door, case={"class": "sudden_fault"})
    answer = door.get(f"/work-orders/{id_}/promises", "dora")
    assert [(one["kind"], one["due"], one["state"]) for one in answer["items"]] == [
        ("reply", "2026-11-22T08:30:00.000Z", "running"),
        ("resolution", "2026-11-22T16:00:00.000Z", "running"),
        ("loaner", "2026-11-24T16:00:00.000Z", "running"),
    ]
    loaner = answer["items"][2]
    assert (loaner["contract_code"], loaner["inclusive"], loaner["first"]) == ("K-1", False, True)
    assert [(part["counted"], part["why"]) for part in loaner["segments"]] == [
        (False, "first_day"),
        (True, "service"),
    ]
    order = door.get(f"/work-orders/{id_}", "dora")
    assert (order["due"], order["due_basis"]) == ("2026-11-22T08:30:00.000Z", "barcode-printer.10")


def test_what_the_desk_notes_stops_and_pauses_clocks(door: Door) -> None:
    contract(door, "barcode-printer")
    id_ = opened(door)
    door.world.clock.advance(60)
    path = f"/work-orders/{id_}/events"
    answer = door.post(path, "dora", event="replied")
    assert answer["items"][0]["state"] == "met"
    answer = door.post(path, "dora", event="paused", reason="force_majeure")
    assert [one["state"] for one in answer["items"]] == ["met", "paused", "paused"]
    for wrong, field in (
        ({"event": "yawned"}, "event"),
        ({"event": "paused", "reason": "lunch"}, "reason"),
        ({"event": "replied", "at": "2027-01-01T00:00:00Z"}, "at"),
    ):
        response = door.ask("POST", path, "dora", json=wrong)
        assert (response.status_code, response.json["field"]) == (422, field)


def test_a_dispatcher_sees_what_the_customer_has_to_agree_to(door: Door) -> None:
    contract(door, "mgmt-system-72h")
    answer = door.get(f"/work-orders/{opened(door)}/promises", "dora")
    assert [(one["kind"], one["rule"], one["consent"]) for one in answer["conditions"]] == [
        ("consent", "remote", "data_access"),
        ("gate", "customer_check", None),
    ]


def test_what_if_we_go_at_14(door: Door) -> None:
    move_to(door.world, "2026-11-23T09:00")
    contract(door, "hospital-software")
    id_ = opened(door)
    door.post(f"/work-orders/{id_}/events", "dora", event="visit_decided")
    for clock, state in (("11:00", "met"), ("14:00", "breached")):
        arriving = f"2026-11-23T{clock}:00%2B08:00"
        answer = door.get(f"/work-orders/{id_}/promises?arriving={arriving}", "dora")
        arrival = next(one for one in answer["items"] if one["kind"] == "arrival")
        assert arrival["if_arriving"] == state


def test_a_plan_that_is_wrong_is_refused_by_line(door: Door) -> None:
    text = (PLANS / "barcode-printer.yaml").read_text()
    wrong = text.replace("within: 30 minutes", "within: 30 minuts")
    response = door.ask("POST", "/plans", json={"text": wrong})
    line = text[: text.index("within: 30 minutes")].count("\n") + 1
    assert response.status_code == 422
    assert response.json["detail"].startswith(f"line {line}: targets.0.within")
    assert door.ask("POST", "/plans", "dora", json={"text": text}).status_code == 403
    first = door.post("/plans", text=text)
    assert door.post("/plans", text=text)["id"] == first["id"]
    changed = text.replace("within: 30 minutes", "within: 31 minutes")
    assert door.ask("POST", "/plans", json={"text": changed}).status_code == 409
    newer = door.post("/plans", text=changed.replace("version: 1", "version: 2"))
    assert newer["content"]["targets"][0]["within"] == "31 minutes"
    names = [(one["name"], one["version"]) for one in door.get("/plans")["items"]]
    assert names == [("barcode-printer", 1), ("barcode-printer", 2)]
    assert door.get(f"/plans/{first['id']}")["text"] == text


def test_a_contract_with_a_hole_in_it_is_refused_by_the_blanks_name(door: Door) -> None:
    values = {
        "code": "K-9", "customer_id": door.world["customer"], "starts": "2026-01-01",
        "plan_id": plan_id(door, "crm-annual-fee"),
    }  # fmt: skip
    for wrong, field in (
        ({}, "parameters.local_hours"),
        ({"parameters": {"local_hours": 4, "out_of_town_days": "two"}},
         "parameters.out_of_town_days"),
        ({"parameters": {"local_hours": 4, "out_of_town_days": 2}, "dates": {"sold": "now"}},
         "dates.sold"),
        ({"parameters": {"local_hours": 4, "out_of_town_days": 2}, "ends": "2025-01-01"}, None),
    ):  # fmt: skip
        response = door.ask("POST", "/contracts", json={**values, **wrong})
        assert response.status_code == 422, response.json
        assert response.json["field"] == field
    assert door.get("/contracts")["items"] == []


def test_a_contract_that_is_edited_is_checked_and_moves_no_running_clock(door: Door) -> None:
    made = contract(door, "crm-annual-fee",
                    parameters={"local_hours": 4, "out_of_town_days": 2})  # fmt: skip
    id_ = opened(door)
    door.post(f"/work-orders/{id_}/events", "dora", event="phone_failed")
    before = door.get(f"/work-orders/{id_}/promises")["items"][0]["due"]
    path = f"/contracts/{made['id']}"
    anyway = {"If-Match": "*"}
    wrong = door.ask("PATCH", path, json={"parameters": {"local_hours": 9}}, headers=anyway)
    assert (wrong.status_code, wrong.json["field"]) == (422, "parameters.out_of_town_days")
    right = {"parameters": {"local_hours": 9, "out_of_town_days": 2}}
    assert (
        told(door.ask("PATCH", path, json=right, headers=anyway))["parameters"]
        == (right["parameters"])
    )
    door.post(f"/work-orders/{id_}/events", "dora", event="dispatched")
    assert door.get(f"/work-orders/{id_}/promises")["items"][0]["due"] == before


def test_company_days_are_added_and_withdrawn_but_never_rewritten(door: Door) -> None:
    added = door.post("/company-days", day="2026-11-24", kind="off", name="Anniversary")
    contract(door, "barcode-printer")
    first = opened(door)
    door.world.clock.advance(5)
    again = {"day": "2026-11-24", "kind": "work", "name": "No"}
    assert door.ask("POST", "/company-days", json=again).status_code == 409
    ended = door.post(f"/company-days/{added['id']}/withdraw")
    assert ended["until"] is not None
    door.world.clock.advance(5)
    second = opened(door)
    door.post(f"/work-orders/{first}/events", "dora", event="dispatched")
    dues = [door.get(f"/work-orders/{id_}/promises")["items"][2]["due"] for id_ in (first, second)]
    assert dues == ["2026-11-25T16:00:00.000Z", "2026-11-24T16:00:00.000Z"]


def test_a_silent_phone_leaves_it_unknown_whether_somebody_arrived(door: Door) -> None:
    world: World = door.world
    move_to(world, "2026-11-23T09:00")
    contract(door, "hospital-software")
    id_ = opened(door)
    door.post(f"/work-orders/{id_}/events", "dora", event="visit_decided")
    visit = str(world.new("visit"))
    world.plan(visit, id_)
    world.assign(visit, "ann")
    device = world.device()
    device.sync()
    move_to(world, "2026-11-23T15:00")
    minute(world)

    def arrival() -> str:
        items = door.get(f"/work-orders/{id_}/promises", "dora")["items"]
        state: str = next(one["state"] for one in items if one["kind"] == "arrival")
        return state

    assert arrival() == "unknown"
    device.sync()
    assert arrival() == "breached"


def test_contracts_are_imported_and_what_is_wrong_is_told_by_its_cell(door: Door) -> None:
    plan_id(door, "crm-annual-fee")
    head = "code,customer,plan,version,starts,parameters\n"
    good = f"{head}K-1,C1,crm-annual-fee,1,2026-01-01,local_hours=4; out_of_town_days=2\n"
    answer = told(door.ask("POST", "/imports/contracts", data=good, content_type="text/csv"))
    assert (answer["added"], answer["unchanged"]) == (1, 0)
    parameters = door.get("/contracts")["items"][0]["parameters"]
    assert parameters == {"local_hours": 4, "out_of_town_days": 2}
    again = told(door.ask("POST", "/imports/contracts", data=good, content_type="text/csv"))
    assert (again["added"], again["unchanged"]) == (0, 1)
    wrong = good.replace("; out_of_town_days=2", "").replace("K-1", "K-2")
    wrong += "K-3,C1,crm-annual-fee,2,2026-01-01,local_hours\n"
    answer = door.ask("POST", "/imports/contracts", data=wrong, content_type="text/csv")
    problems = [(one["cell"], one["code"]) for one in answer.get_json(force=True)["problems"]]
    assert problems == [("F2", "cell.refused"), ("D3", "cell.unknown"), ("F3", "cell.no_pairs")]
