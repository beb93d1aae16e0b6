"""A job that the customer asked for on the spot: request, work order and visit in one fact."""

from models.dispatch.lifecycle import VisitState
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref


class Opening(Data):
    """Where, on which asset, and the id of the work order that the fact makes."""

    site = Ref("site", required=True)
    work_order = Ref("work_order", required=True)
    asset = Ref("asset", load_default=None, allow_none=True)
    level = PlainText(limits.name_length_max, load_default="normal")
    parts = PartHashes(required=True)


class Opened(Kind):
    """The technician does a job that nobody planned; whoever opened the visit is its lead.

    The desk is asked to confirm it.
    """

    name = "visit.opened"
    data = Opening
    parts = {"request": None, "person": None}
    needed = frozenset({"request"})

    def effect(self, state: VisitState, fact: Stated) -> None:
        order = str(fact.data["work_order"].id)
        evidence = {"fact": str(fact.id), "key": str(fact.key), "work_order": order}
        state.find("visit.opened_on_site", fact.happened, fact.key, **evidence)
