"""A job that the customer asked for on the spot: request, work order and visit in one fact."""

from collections.abc import Sequence

from models.derived import Subject
from models.dispatch.lifecycle import VisitState
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref


class Opening(Data):
    """Where, on which asset, and how urgent it is."""

    site = Ref("site", required=True)
    asset = Ref("asset", load_default=None, allow_none=True)
    level = PlainText(limits.name_length_max, load_default="normal")
    parts = PartHashes(required=True)


class Opened(Kind):
    """The technician does a job that nobody planned; whoever opened the visit is its lead.

    The desk is asked to confirm it. The work order bears the visit's id: a fact cannot name another
    one, and so nobody takes over what the desk or somebody else opened.
    """

    name = "visit.opened"
    data = Opening
    parts = {"request": None, "person": None}
    needed = frozenset({"request"})

    def makes(self, subject: Subject) -> Sequence[Subject]:
        return [Subject("work_order", subject.id)]

    def effect(self, state: VisitState, fact: Stated) -> None:
        evidence = {"fact": str(fact.id), "key": str(fact.key)}
        state.find("visit.opened_on_site", fact.happened, fact.key, **evidence)
