"""Accepting what the field proposed: the desk's own rows are edited, as by whoever accepted it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.customers import Asset, Contact
from models.decisions import Decision
from models.derived import Changes, Job, Subject
from models.dispatch.reported import Proposal
from models.dispatch.rows import Visit
from models.edits import Editor, look_up
from models.facts import FactSubject
from models.ids import SeededIds
from models.kept import KEPT
from models.plain import typed
from models.refusals import Refused

Values = Mapping[str, Any]


def accept(session: Session, decision: Decision) -> Changes:
    """Do what was proposed. Raises Refused, for instance where such an asset exists already, or
    where it belongs to another site than the visit: whoever was there saw another one."""
    key = UUID(decision.data["evidence"]["key"])
    proposal = session.scalars(select(Proposal).where(Proposal.fact_key == key)).one()
    ids = SeededIds(str(decision.id))  # an edit's id follows from the decision that made it
    editor = Editor(session, decision.at, ids, decision.user_id)
    return DOING[proposal.kind](editor, proposal)


def _find_asset(editor: Editor, proposal: Proposal) -> Changes:
    visit = editor.session.get_one(Visit, proposal.visit_id)
    values = _typed(Asset, proposal.fields)
    editor.add(KEPT["assets"], Asset(id=proposal.target_id, site_id=visit.site_id, **values))
    orders = _orders_naming(editor.session, proposal.target_id)
    return Changes(set(), {*orders, Job("reconcile", Subject("asset", proposal.target_id))})


def _orders_naming(session: Session, asset_id: UUID) -> set[Job]:
    """The work orders that were opened on the asset in the field, before it was known."""
    asset, order = aliased(FactSubject), aliased(FactSubject)
    query = select(order.subject_id).join(asset, asset.fact_key == order.fact_key)
    query = query.where(asset.subject_type == "asset", asset.subject_id == asset_id)
    orders = session.scalars(query.where(order.subject_type == "work_order"))
    return {Job("judge", Subject("work_order", id_)) for id_ in orders}


def _correct_asset(editor: Editor, proposal: Proposal) -> Changes:
    asset = look_up(editor.session, Asset, proposal.target_id, lock=True)
    _check_site(editor.session, proposal, asset)
    editor.change(KEPT["assets"], asset, _typed(Asset, proposal.fields))
    return Changes(set(), set())


def _correct_contact(editor: Editor, proposal: Proposal) -> Changes:
    if editor.session.get(Contact, proposal.target_id) is None:
        visit = editor.session.get_one(Visit, proposal.visit_id)
        values = {"name": "", "phone": "", **proposal.fields}
        contact = Contact(id=proposal.target_id, site_id=visit.site_id, **values)
        editor.add(KEPT["contacts"], contact)
    else:
        contact = look_up(editor.session, Contact, proposal.target_id, lock=True)
        _check_site(editor.session, proposal, contact)
        editor.change(KEPT["contacts"], contact, proposal.fields)
    return Changes(set(), set())


def _check_site(session: Session, proposal: Proposal, row: Asset | Contact) -> None:
    if row.site_id != session.get_one(Visit, proposal.visit_id).site_id:
        raise Refused("belongs_elsewhere", "resolution")


def _typed(row: Any, fields: Values) -> dict[str, Any]:
    return {name: typed(row.__table__.columns[name], value) for name, value in fields.items()}


DOING: Mapping[str, Callable[[Editor, Proposal], Changes]] = {
    "asset.found": _find_asset,
    "asset.corrected": _correct_asset,
    "contact.corrected": _correct_contact,
}
