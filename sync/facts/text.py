"""Reading a fact's text: the fields that every kind has, its parts, and its corrected time."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from marshmallow import ValidationError

from models.clock import CLOCK_DOUBT, EARLIEST, LATEST, bounded, instant_from
from models.derived import Subject
from models.records import sealing
from models.refusals import Refused
from sync import limits
from sync.facts.kind import subjects_in, words_in
from sync.facts.registry import KINDS

T = TypeVar("T")

KIND_FORM = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")
TOO_DEEP = f"it is nested deeper than {limits.json_depth_max}"
TYPE_FORM = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class SentPart:
    """A part as it came: 16 bytes of salt in hexadecimal, and the text."""

    salt: str
    text: str


@dataclass(frozen=True)
class SentFact:
    """One fact as it came in an exchange."""

    fact: str
    signature: str
    parts: Mapping[str, SentPart]

    @cached_property
    def size(self) -> int:
        """How many bytes everything in it has together."""
        texts = [self.fact, self.signature, *self.parts]
        texts += [text for part in self.parts.values() for text in (part.salt, part.text)]
        return sum(len(as_sent(text)) for text in texts)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over fact, signature and parts as received: the lines of their SHA-256s."""
        pieces = [self.fact, self.signature]
        for name in sorted(self.parts):
            pieces += [name, self.parts[name].salt, self.parts[name].text]
        lines = [sealing.sha256(as_sent(piece)) for piece in pieces]
        return sealing.sha256("\n".join(lines).encode())


@dataclass(frozen=True)
class FactText:
    """A fact's text, read. `data` is as parsed; the kind's schema has not seen it."""

    id: UUID
    seq: int
    kind: str
    version: int
    subject: Subject
    happened: datetime
    basis: str
    doubt: str | None
    ahead: timedelta | None
    data: dict[str, Any]
    hashes: dict[str, str]
    seen: str | None


def as_sent(text: str) -> bytes:
    """The UTF-8 of what was sent, lone surrogates included, which must be refused and yet kept."""
    return text.encode("utf-8", "surrogatepass")


def read_json(text: str) -> dict[str, Any]:
    """The object that the text is. Raises Refused for anything else, NaN and deep nesting."""
    try:
        text.encode()
        value = DECODER.decode(text)
    except RecursionError as error:
        raise Refused("fact.not_json", "fact", TOO_DEEP) from error
    except ValueError as error:
        raise Refused("fact.not_json", "fact", str(error)[:200]) from error
    if not isinstance(value, dict):
        raise Refused("fact.not_json", "fact", "it is no object")
    if _deeper_than(value, limits.json_depth_max):
        raise Refused("fact.not_json", "fact", TOO_DEEP)
    if words_in(value) > limits.json_words_max:
        raise Refused("fact.not_json", "fact", f"it has more than {limits.json_words_max} values")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_no_constant)  # making one costs more than using it


def _deeper_than(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_deeper_than(one, depth - 1) for one in inner)


def seq_of(text: str) -> int | None:
    """The number that a refused fact claims, if it can be made out."""
    try:
        return _seq(read_json(text))
    except Refused:
        return None


def read_text(text: str) -> FactText:
    """The fields of a fact. Raises Refused naming the first that is missing or wrong."""
    value = read_json(text)
    happened, basis, doubt = _time(value)
    data = _object(value, "data")
    return FactText(
        id=_uuid(value.get("id"), "id"),
        seq=_seq(value),
        kind=_matching(value.get("kind"), KIND_FORM, "kind"),
        version=_integer(value.get("v"), "v", 1, 10_000),
        subject=_subject(value),
        happened=happened,
        basis=basis,
        doubt=doubt,
        ahead=_ahead(value["clock"]),
        data=data,
        hashes=_hashes(data),
        seen=_seen(value),
    )


def _malformed(field: str, expected: str) -> Refused:
    return Refused("fact.malformed", field, expected)


def _object(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    inner = value.get(field)
    if not isinstance(inner, dict):
        raise _malformed(field, "an object is needed")
    return inner


def _uuid(value: Any, field: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError) as error:
        raise _malformed(field, "a UUID, written as text, is needed") from error


def _integer(value: Any, field: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _malformed(field, f"an integer from {low} to {high} is needed")
    return value


def _matching(value: Any, form: re.Pattern[str], field: str) -> str:
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise _malformed(field, f"text of the form {form.pattern} is needed")
    return value


def _instant(value: Any, field: str) -> datetime:
    try:
        return bounded(instant_from(value), timedelta(0))
    except OverflowError:
        # The year 1 or 9999, and a zone that leads beyond it: a wrong clock, but a time.
        return EARLIEST if value.startswith("0") else LATEST
    except (ValueError, TypeError) as error:
        raise _malformed(field, "a time such as 2026-11-22T08:00:00.000Z is needed") from error


def _seq(value: Mapping[str, Any]) -> int:
    return _integer(value.get("seq"), "seq", 1, limits.seq_max)


def _subject(value: Mapping[str, Any]) -> Subject:
    subject = _object(value, "subject")
    type_ = _matching(subject.get("type"), TYPE_FORM, "subject.type")
    return Subject(type_, _uuid(subject.get("id"), "subject.id"))


def _seen(value: Mapping[str, Any]) -> str | None:
    """The basis of the document on which the author acted; what is none is never refused."""
    seen = value.get("seen")
    basis = seen.get("basis") if isinstance(seen, dict) else None
    return basis if isinstance(basis, str) else None


def _hashes(data: Mapping[str, Any]) -> dict[str, str]:
    """`data.parts`, whatever the kind: a part must fit even where the kind is unknown here."""
    hashes = data.get("parts", {})
    if not isinstance(hashes, dict) or len(hashes) > limits.parts_per_fact_max:
        raise _malformed("data.parts", f"an object of at most {limits.parts_per_fact_max} hashes")
    for name, hash_ in hashes.items():
        _matching(name, sealing.NAME_FORM, "data.parts")
        _matching(hash_, sealing.HASH_FORM, f"data.parts.{name}")
    return hashes


def _time(value: Mapping[str, Any]) -> tuple[datetime, str, str | None]:
    """When it happened, how that was got, and what speaks against it. Never a reason to refuse.

    Measured: the anchor and the forward clock of the same boot. Reckoned: the anchor and the wall
    clock. Unanchored: the wall clock alone.
    """
    at = _instant(value.get("at"), "at")
    clock = _object(value, "clock")
    if clock.get("anchor") is None:
        return max(at, EARLIEST), "unanchored", "unanchored"
    anchor = _object(clock, "anchor")
    now = _instant(anchor.get("now"), "clock.anchor.now")
    reckoned = bounded(now, at - _instant(anchor.get("at"), "clock.anchor.at"))
    boot = clock.get("boot")
    if boot is None or boot != anchor.get("boot"):
        return reckoned, "reckoned", None
    since = _mono(clock, "clock.mono") - _mono(anchor, "clock.anchor.mono")
    measured = bounded(now, timedelta(milliseconds=since))
    apart = abs(measured - reckoned) > CLOCK_DOUBT
    return measured, "measured", "wall_clock_moved" if apart else None


def _ahead(clock: Mapping[str, Any]) -> timedelta | None:
    """By how much the wall clock was ahead of the server's when they last met."""
    anchor = clock.get("anchor")
    if anchor is None:
        return None
    return _instant(anchor["at"], "clock.anchor.at") - _instant(anchor["now"], "clock.anchor.now")


def _mono(value: Mapping[str, Any], field: str) -> int:
    return _integer(value.get("mono"), field, 0, limits.seq_max)


def check_parts(text: FactText, sent: SentFact) -> None:
    """Check that exactly the named parts came, each with its hash. Raises Refused."""
    for name in sent.parts:
        if name not in text.hashes:
            raise Refused("part.unnamed", f"parts.{name[:80]!a}")
    for name, hash_ in text.hashes.items():
        part = sent.parts.get(name)
        if part is None:
            raise Refused("part.missing", f"parts.{name}")
        if len(as_sent(part.text)) > limits.part_text_bytes_max:
            raise Refused("part.too_large", f"parts.{name}")
        try:
            fits = sealing.part_hash(part.salt, part.text) == hash_
        except ValueError as error:
            raise Refused("part.mismatch", f"parts.{name}", str(error)[:200]) from error
        if not fits:
            raise Refused("part.mismatch", f"parts.{name}")


class Checked(NamedTuple):
    """What checking a fact's data told: the subjects it touches, the bytes it promises, and the
    numbers of facts that are lost."""

    subjects: set[Subject]
    promises: Sequence[tuple[str, int]] = ()
    lost: range = range(0)


def check_data(text: FactText, sent: SentFact) -> Checked:
    """Check a known kind's data and parts. Raises Refused.

    A kind or version that this release does not know is taken as it is: it waits to be understood.
    """
    kind = KINDS.get(text.kind)
    if kind is None or text.version > kind.version:
        return Checked({text.subject})
    if text.subject.type != kind.about:
        raise _malformed("subject.type", f"{text.kind} is about a {kind.about}")
    data = _fitting("data", lambda: kind.load(text.data))
    parts = {
        name: _fitting(f"parts.{name}", partial(kind.load_part, name, part.text))
        for name, part in sent.parts.items()
    }
    kind.check(data, parts)
    made = kind.makes(text.subject)
    subjects = {text.subject, *made, *subjects_in(data), *subjects_in(parts)}
    return Checked(subjects, kind.promises(data), kind.lost(data))


def _fitting(where: str, load: Callable[[], T]) -> T:
    """What is loaded. Raises Refused naming the field that is wrong, from `where` on."""
    try:
        return load()
    except ValidationError as error:
        field, detail = first_error(error.messages)
        raise Refused("data.invalid", f"{where}.{field}".rstrip("."), detail) from error


def first_error(messages: Any) -> tuple[str, str]:
    """The path of the first field that is wrong, and what is wrong with it."""
    return next(errors_in(messages))


def errors_in(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The path of each field that is wrong, and what is wrong with it."""
    if isinstance(messages, dict) and messages:
        for key, inner in messages.items():
            # `_schema` is what is wrong with the whole, and no field of it.
            at = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from errors_in(inner, at)
    else:
        first = messages[0] if isinstance(messages, list) and messages else messages
        yield path, str(first)
