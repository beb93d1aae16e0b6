"""What a technician reports of a visit's progress."""

from marshmallow import fields, validate

from models.contracts.vocabulary import CONSENTS
from models.dispatch.lifecycle import VisitState
from models.timeline import Stated
from sync.facts.kind import Data, Kind, PartHashes, code_field


class Progress(Kind):
    """A visit fact that says how far the visit has come."""

    status = ""

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.progress(fact, self.status)


class Reasoned(Data):
    """A reason by code, with words of its own if that is not enough."""

    reason = code_field(required=True)
    parts = PartHashes(load_default=dict)


class Accepted(Progress):
    """The technician takes the visit on."""

    name = "visit.accepted"
    status = "accepted"


class Declined(Progress):
    """The technician cannot take the visit on; the desk assigns it anew."""

    name = "visit.declined"
    status = "declined"
    data = Reasoned
    parts = {"words": None}


class Travelling(Progress):
    """On the way."""

    name = "visit.travelling"
    status = "travelling"


class Arrived(Progress):
    """On site. The first arrival of anybody assigned stops the clock of the arrival target."""

    name = "visit.arrived"
    status = "on_site"


class Paused(Progress):
    """Work is interrupted, for instance to wait for the customer."""

    name = "visit.paused"
    status = "paused"
    data = Reasoned
    parts = {"words": None}


class Resumed(Progress):
    """Work goes on."""

    name = "visit.resumed"
    status = "on_site"


class Failed(Progress):
    """The visit could not be done: nobody there, no access."""

    name = "visit.failed"
    status = "failed"
    data = Reasoned
    parts = {"words": None}


class Left(Kind):
    """The technician left the site."""

    name = "visit.left"

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.finish(fact)


class ConsentData(Data):
    """What was asked, and who answered (a part, as it is a name)."""

    what = fields.String(
        required=True,
        validate=validate.OneOf(CONSENTS),
    )
    parts = PartHashes(required=True)


class ConsentGiven(Kind):
    """The customer agreed to something that the plan asks consent for."""

    name = "consent.given"
    data = ConsentData
    parts = {"person": None, "words": None}
    needed = frozenset({"person"})


class ConsentRefused(ConsentGiven):
    """The customer did not agree."""

    name = "consent.refused"


class NoteData(Data):
    """Free text is personal: the fact holds only its hash."""

    parts = PartHashes(required=True)


class NoteAdded(Kind):
    """A remark on the visit."""

    name = "note.added"
    data = NoteData
    parts = {"words": None}
    needed = frozenset({"words"})


class HelpRequested(Kind):
    """The technician cannot go on alone and asks the desk for help."""

    name = "help.requested"
    data = Reasoned
    parts = {"words": None}

    def effect(self, state: VisitState, fact: Stated) -> None:
        evidence = {"fact": str(fact.id), "key": str(fact.key), "reason": fact.data["reason"]}
        state.find("visit.help_requested", fact.happened, fact.key, **evidence)
