"""The second factor: without the phone a password opens nothing, and a code opens once."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest

from models.edits import Edit
from models.people import User
from models.second_factor import RecoveryCode, SecondFactor
from sync.device import Json
from tests.api.door import Bearer, Door, problem, told
from tests.api.test_sessions import PASSWORD, enter, try_to_enter, with_password
from tests.world import World


@pytest.fixture
def door(world: World) -> Door:
    """A door at which a supervisor must have a second factor."""
    return strict(world)


def strict(world: World) -> Door:
    settings = replace(world.house.settings, second_factor="required")
    world.house = replace(world.house, settings=settings)
    door = Door(world)
    with_password(door, "sue", "dora")
    return door


def code(door: Door, secret: str, steps: int = 0) -> str:
    now = door.world.clock.now().timestamp()
    return pyotp.TOTP(secret).at(int(now) + 30 * steps)


def begin(door: Door, who: Bearer, **more: str) -> Json:
    offered: Json = door.post("/me/second-factor", who, password=PASSWORD, **more)
    return offered


def confirm(door: Door, who: Bearer, otp: str) -> Any:
    return door.ask("POST", "/me/second-factor/confirm", who, json={"otp": otp})


def set_up(door: Door, name: str = "sue") -> tuple[str, list[str]]:
    """Turn it on; answers the secret and the recovery codes. The next code is a fresh one."""
    who = enter(door, name)
    secret = begin(door, who)["secret"]
    codes = told(confirm(door, who, code(door, secret)))["recovery_codes"]
    door.world.clock.advance(30)
    return secret, codes


# Setting it up


def test_a_supervisor_without_one_can_only_set_it_up(door: Door) -> None:
    answer = told(try_to_enter(door, "sue"))
    who = Bearer(answer["token"])
    assert answer["lacks"] == door.get("/me", who)["lacks"] == "second_factor"
    problem(door.ask("GET", "/visits", who), 403, "second_factor_needed", "otp")
    problem(
        door.ask("PATCH", "/me", who, json={"language": "en"}), 403, "second_factor_needed", "otp"
    )
    offered = begin(door, who)
    problem(confirm(door, who, code(door, offered["secret"], 2)), 403, "otp_wrong", "otp")
    codes = told(confirm(door, who, code(door, offered["secret"])))["recovery_codes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([2-9A-HJ-NP-Z]{5}-){2}[2-9A-HJ-NP-Z]{5}", one) for one in codes)
    told(door.ask("GET", "/visits", who))
    assert door.get("/me", who)["lacks"] is None


def test_what_is_offered_is_what_an_app_reads(door: Door) -> None:
    offered = begin(door, enter(door, "sue"))
    read = pyotp.parse_uri(offered["uri"])
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer) == (offered["secret"], "sue", "Onsite")
    assert (read.digits, read.interval) == (6, 30)
    assert offered["svg"].startswith("<svg")


def test_where_it_is_only_offered_a_supervisor_may_do_without(world: World) -> None:
    door = Door(world)
    with_password(door, "sue")
    assert told(try_to_enter(door, "sue"))["lacks"] is None


def test_the_others_may_have_one_and_end_it(door: Door) -> None:
    who = enter(door, "dora")
    assert door.get("/me", who)["lacks"] is None
    secret, _ = set_up(door, "dora")
    problem(try_to_enter(door), 403, "otp_needed", "otp")
    who = enter(door, otp=code(door, secret))
    end = {"password": PASSWORD}
    problem(door.ask("POST", "/me/second-factor/end", who, json=end), 403, "otp_needed", "otp")
    door.world.clock.advance(30)
    end["otp"] = code(door, secret)
    assert door.ask("POST", "/me/second-factor/end", who, json=end).status_code == 204
    enter(door)
    assert door.world.rows(SecondFactor) == door.world.rows(RecoveryCode) == []


def test_a_supervisor_who_must_have_one_cannot_end_it(door: Door) -> None:
    secret, _ = set_up(door)
    who = enter(door, "sue", otp=code(door, secret))
    body = {"password": PASSWORD, "otp": code(door, secret, 1)}
    response = door.ask("POST", "/me/second-factor/end", who, json=body)
    problem(response, 409, "second_factor_required", "otp")


def test_a_found_screen_is_not_enough_to_set_up_another(door: Door) -> None:
    secret, _ = set_up(door)
    who = enter(door, "sue", otp=code(door, secret))
    asked = {"password": "a wrong one"}
    response = door.ask("POST", "/me/second-factor", who, json=asked)
    problem(response, 422, "password_wrong", "password")
    asked = {"password": PASSWORD}
    problem(door.ask("POST", "/me/second-factor", who, json=asked), 403, "otp_needed", "otp")


def test_another_phone_takes_the_place_of_the_first_once_it_is_confirmed(door: Door) -> None:
    old, old_codes = set_up(door)
    who = enter(door, "sue", otp=code(door, old))
    elsewhere = Bearer(door.log_in("sue"))
    new = begin(door, who, otp=code(door, old, 1))["secret"]
    door.world.clock.advance(60)
    enter(door, "sue", otp=code(door, old))  # until then the first one counts
    told(confirm(door, who, code(door, new)))
    problem(door.ask("GET", "/me", elsewhere), 401, "unauthorized")
    door.world.clock.advance(30)
    problem(try_to_enter(door, "sue", otp=code(door, old)), 403, "otp_wrong", "otp")
    problem(try_to_enter(door, "sue", otp=old_codes[0]), 403, "otp_wrong", "otp")
    enter(door, "sue", otp=code(door, new))


def test_nothing_is_confirmed_that_was_not_begun(door: Door) -> None:
    problem(confirm(door, enter(door, "sue"), "123456"), 404, "unknown", "otp")


# Logging in with it


def test_a_code_is_needed_and_works_once(door: Door) -> None:
    secret, _ = set_up(door)
    problem(try_to_enter(door, "sue"), 403, "otp_needed", "otp")
    otp = code(door, secret)
    enter(door, "sue", otp=otp)
    problem(try_to_enter(door, "sue", otp=otp), 403, "otp_wrong", "otp")
    door.world.clock.advance(30)
    problem(try_to_enter(door, "sue", otp=otp), 403, "otp_wrong", "otp")
    enter(door, "sue", otp=code(door, secret))


def test_the_code_that_confirmed_it_opens_nothing_more(door: Door) -> None:
    who = enter(door, "sue")
    secret = begin(door, who)["secret"]
    told(confirm(door, who, code(door, secret)))
    problem(try_to_enter(door, "sue", otp=code(door, secret)), 403, "otp_wrong", "otp")


@pytest.mark.parametrize(
    ("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_phones_clock_may_be_half_a_minute_wrong(door: Door, steps: int, fits: bool) -> None:
    secret, _ = set_up(door)
    door.world.clock.advance(60)
    status = try_to_enter(door, "sue", otp=code(door, secret, steps)).status_code
    assert status == (200 if fits else 403)


@pytest.mark.parametrize(
    "otp", ["0", "１２３４５６", "12345a", "0000000", "-", "😀" * 6, "x" * 200]
)
def test_what_is_no_code_is_a_wrong_one(door: Door, otp: str) -> None:
    set_up(door)
    problem(try_to_enter(door, "sue", otp=otp), 403, "otp_wrong", "otp")


def test_a_recovery_code_stands_in_for_the_phone_once(door: Door) -> None:
    _, codes = set_up(door)
    enter(door, "sue", otp=codes[3].lower().replace("-", " "))
    problem(try_to_enter(door, "sue", otp=codes[3]), 403, "otp_wrong", "otp")
    enter(door, "sue", otp=codes[4])


def test_a_recovery_code_of_somebody_else_opens_nothing(door: Door) -> None:
    _, codes = set_up(door, "dora")
    set_up(door)
    problem(try_to_enter(door, "sue", otp=codes[0]), 403, "otp_wrong", "otp")
    enter(door, "dora", otp=codes[0])


def test_of_many_who_send_one_code_at_once_one_gets_in(postgresql_url: str, tmp_path: Path) -> None:
    world = World.open(postgresql_url, tmp_path)
    door = strict(world)
    secret, _ = set_up(door)
    body = {"name": "sue", "password": PASSWORD, "otp": code(door, secret)}

    def log_in(_: int) -> int:
        return door.app.test_client().post("/api/v1/auth/login", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(log_in, range(4)))
    assert statuses == [200, 403, 403, 403]
    world.close()


def test_codes_are_not_guessed(door: Door) -> None:
    set_up(door)
    statuses = [try_to_enter(door, "sue", otp="000000").status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]


# What is kept


def test_nothing_that_is_kept_gives_a_code_away(door: Door) -> None:
    secret, codes = set_up(door)
    (row,) = door.world.rows(SecondFactor)
    (user,) = door.world.rows(User, User.name == "sue")
    kept = f"{row.values()}{user.values()}{[one.values() for one in door.world.rows(RecoveryCode)]}"
    kept += str([one.values() for one in door.world.rows(Edit)])
    for told_once in (secret, *codes):
        assert told_once not in kept
    assert secret not in door.ask("GET", "/users", Bearer(door.log_in("dora"))).text


def test_the_key_lies_outside_of_the_database_and_is_its_owners_alone(door: Door) -> None:
    set_up(door)
    file = door.world.house.settings.home / "second-factor-key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", file.read_text())


def test_without_the_key_a_recovery_code_still_opens(door: Door) -> None:
    secret, codes = set_up(door)
    (door.world.house.settings.home / "second-factor-key").write_text("00" * 32)
    response = try_to_enter(door, "sue", otp=code(door, secret))
    problem(response, 409, "otp_unreadable", "otp")
    enter(door, "sue", otp=codes[0])


# Losing the phone


def test_another_supervisor_takes_it_away(door: Door) -> None:
    secret, _ = set_up(door, "dora")
    sue, _ = set_up(door)
    other = enter(door, "sue", otp=code(door, sue))
    held = enter(door, "dora", otp=code(door, secret))
    path = f"/users/{door.world['dora']}/second-factor/reset"
    assert door.ask("POST", path, other).status_code == 204
    problem(door.ask("GET", "/me", held), 401, "unauthorized")
    enter(door)
    last = max(door.world.rows(Edit), key=lambda edit: edit.at)
    assert (last.user_id, last.row_id) == (UUID(door.world["sue"]), UUID(door.world["dora"]))
    assert last.before["second_factor"] is not None
    assert last.after == {"second_factor": None}


def test_a_reset_of_the_password_leaves_the_second_factor(door: Door) -> None:
    secret, _ = set_up(door, "dora")
    sue, _ = set_up(door)
    other = enter(door, "sue", otp=code(door, sue))
    given = told(door.ask("POST", f"/users/{door.world['dora']}/password-reset", other))
    problem(try_to_enter(door, password=given["password"]), 403, "otp_needed", "otp")
    enter(door, password=given["password"], otp=code(door, secret))
