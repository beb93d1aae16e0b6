"""What happened to stock, as tables that are only written: moves, requisitions, transfers, what
customers return and what is away for repair."""

from datetime import datetime
from typing import Any

from sqlalchemy import join, outerjoin
from sqlalchemy.orm import aliased

from models.clock import instant_text
from models.contracts.returning import CASES, ENDS
from models.contracts.rows import Contract
from models.customers import Customer
from models.people import User
from models.returns.rows import Return, ReturnLine
from models.stock.demand import Requisition, RequisitionLine, Transfer
from models.stock.repairs import Repair, back
from models.stock.rows import Move, Part, Place
from models.tables.catalogue import NAME, NOTE
from models.tables.cells import Cell, Raw
from models.tables.description import Column, Table
from models.tables.kinds import Amount, Choice, Day, Words
from models.tables.problems import Wrong

FROM, TO = aliased(Place), aliased(Place)


class Moment:
    """A time in UTC, as the protocol writes it. It is only written."""

    says = Words("time in UTC, 2026-11-22T08:00:00.000Z", "世界时，2026-11-22T08:00:00.000Z")

    def read(self, raw: Raw) -> datetime:
        raise Wrong("cell.no_date")

    def cell(self, value: datetime, lang: str) -> Cell:
        return instant_text(value)


class Id:
    """The id of a row, by which another file names it. It is only written."""

    says = Words("an id", "编号")

    def read(self, raw: Raw) -> str:
        raise Wrong("cell.no_choice", words="")

    def cell(self, value: Any, lang: str) -> Cell:
        return str(value)


def _choice(**words: tuple[str, str]) -> Choice:
    return Choice({name: Words(*both) for name, both in words.items()})


ROLE = _choice(
    stated=("stated", "陈述"), cover=("cover", "差异垫付"), lost=("lost", "移出差异"),
    counted=("counted", "盘点"), missed=("missed", "盘点未见"),
)  # fmt: skip
STATUS = _choice(
    submitted=("submitted", "已提交"), reserved=("reserved", "已预留"), picked=("picked", "已拣货"),
    in_transit=("in transit", "在途"), received=("received", "已签收"),
    shipped=("shipped to the customer", "已发客户"), refused=("refused", "已拒绝"),
)  # fmt: skip
ORDER = _choice(sold=("sold", "销售"), guarantee=("replaced in the guarantee period", "三包更换"))
KIND = _choice(
    shipment=("shipment", "发货"), handover=("handover", "转交"), delivery=("delivery", "到货")
)
FREIGHT = _choice(company=("company", "公司"), requester=("requester", "申请方"))
RETURN_STATUS = _choice(
    asked=("asked", "已申请"), permitted=("permitted", "已授权"), refused=("refused", "已拒绝"),
    partly_received=("partly received", "部分收货"), received=("received", "已收货"),
    closed=("closed", "已关闭"),
)  # fmt: skip
YES = Choice({True: Words("yes", "是"), False: Words("no", "否")})  # type: ignore[dict-item]


def _column(
    name: str, stored: Any, english: str, chinese: str, kind: Any = NAME, key: bool = False
) -> Column:
    heading = Words(english, chinese)
    return Column(name, heading, heading, Words("", ""), kind, stored, key=key, required=False)


PART_COLUMNS = (
    _column("part", Part.code, "part code", "备件编号"),
    _column("part_name", Part.name, "part name", "备件名称"),
)

MOVES = Table(
    name="moves",
    title=Words("Moves", "库存流水"),
    means=Words("Every posted move.", "全部库存流水。"),
    row=Move,
    rows=join(join(join(Move, Part), FROM, FROM.id == Move.from_place), TO, TO.id == Move.to_place),
    writers=(),
    columns=(
        _column("posted", Move.posted, "posted", "记账时间", Moment(), key=True),
        _column("happened", Move.happened, "happened", "发生时间", Moment()),
        *PART_COLUMNS,
        _column("lot", Move.lot, "lot", "批次"),
        _column("serial", Move.serial, "serial number", "序列号"),
        _column("quantity", Move.quantity, "quantity", "数量", Amount()),
        _column("from", FROM.code, "from", "移出库位"),
        _column("to", TO.code, "to", "移入库位"),
        _column("role", Move.role, "role", "类别", ROLE),
        _column("id", Move.id, "id", "编号", Id(), key=True),
    ),
)

REQUISITIONS = Table(
    name="requisitions",
    title=Words("Requisitions", "备料单"),
    means=Words("Every line of every requisition.", "全部备料单明细。"),
    row=Requisition,
    rows=outerjoin(
        outerjoin(
            outerjoin(
                join(
                    join(join(Requisition, RequisitionLine), User, User.id == Requisition.user_id),
                    Place,
                    Place.id == Requisition.place_id,
                ),
                Part,
                Part.id == RequisitionLine.part_id,
            ),
            Contract,
            Contract.id == Requisition.contract_id,
        ),
        Customer,
        Customer.id == Requisition.customer_id,
    ),
    writers=(),
    columns=(
        _column("asked", Requisition.asked, "asked", "申请时间", Moment(), key=True),
        _column("requisition", Requisition.id, "requisition", "备料单", Id(), key=True),
        _column("place", Place.code, "place code", "库位编号"),
        _column("contract", Contract.code, "contract", "合同"),
        _column("customer", Customer.name, "customer", "客户"),
        _column("kind", Requisition.kind, "sold or guarantee", "销售或三包", ORDER),
        _column("user", User.full_name, "asked by", "申请人"),
        _column("status", Requisition.status, "status", "状态", STATUS),
        _column("urgent", Requisition.urgent, "urgent", "加急", YES),
        _column("needed", Requisition.needed, "needed on", "需用日期", Day()),
        _column("freight", Requisition.freight, "freight borne by", "运费承担", FREIGHT),
        _column("cleared", Requisition.cleared, "gates passed", "放行时间", Moment()),
        _column("ship_due", Requisition.ship_due, "to be shipped by", "发货时限", Moment()),
        *PART_COLUMNS,
        _column("wanted", RequisitionLine.wanted, "wanted", "申请数量", Amount()),
        _column("shipped", RequisitionLine.shipped, "shipped", "已发数量", Amount()),
        _column("reason", Requisition.reason, "reason", "原因", NOTE),
        _column("line", RequisitionLine.id, "line", "行", Id(), key=True),
    ),
)

TRANSFERS = Table(
    name="transfers",
    title=Words("Transfers", "调拨单"),
    means=Words("Everything that went from place to place.", "全部调拨、转交和到货。"),
    row=Transfer,
    rows=outerjoin(
        outerjoin(Transfer, FROM, FROM.id == Transfer.from_place), TO, TO.id == Transfer.to_place
    ),
    writers=(),
    columns=(
        _column("since", Transfer.since, "since", "发出时间", Moment(), key=True),
        _column("transfer", Transfer.transfer_id, "transfer", "调拨单", Id(), key=True),
        _column("kind", Transfer.kind, "kind", "类别", KIND),
        _column("from", FROM.code, "from", "移出库位"),
        _column("to", TO.code, "to", "移入库位"),
        _column("supplier", Transfer.supplier, "supplier", "供应商"),
        _column("waybill", Transfer.waybill, "waybill", "货运单"),
        _column("due", Transfer.due, "due on", "预计日期", Day()),
        _column("requisition", Transfer.requisition_id, "requisition", "备料单", Id()),
        _column("id", Transfer.id, "id", "编号", Id(), key=True),
    ),
)

RETURNS = Table(
    name="returns",
    title=Words("Returns", "返修授权"),
    means=Words("Every line of every return; a return without lines in one row.",
                "全部返修授权明细；无明细的单独一行。"),
    row=Return,
    rows=outerjoin(
        outerjoin(
            join(
                join(join(Return, Customer, Customer.id == Return.customer_id),
                     Contract, Contract.id == Return.contract_id),
                User, User.id == Return.user_id,
            ),
            ReturnLine, ReturnLine.return_id == Return.id,
        ),
        Part, Part.id == ReturnLine.part_id,
    ),
    writers=(),
    columns=(
        _column("asked", Return.asked, "asked", "申请时间", Moment(), key=True),
        _column("return", Return.id, "return", "返修单", Id(), key=True),
        _column("customer", Customer.code, "customer code", "客户编号"),
        _column("contract", Contract.code, "contract code", "合同编号"),
        _column("case", Return.case, "case", "情形", Choice(CASES)),
        _column("since", Return.since, "since", "起算日期", Day()),
        _column("requested", Return.requested, "requested on", "客户申请日期", Day()),
        _column("until", Return.until, "until", "期限", Day()),
        _column("timely", Return.timely, "in time", "期限内", YES),
        _column("status", Return.status, "status", "状态", RETURN_STATUS),
        _column("outcome", Return.outcome, "outcome", "处理方式", Choice(ENDS)),
        *PART_COLUMNS,
        _column("lot", ReturnLine.lot, "lot", "批次"),
        _column("serial", ReturnLine.serial, "serial number", "序列号"),
        _column("listed", ReturnLine.listed, "listed", "清单数量", Amount()),
        _column("received", ReturnLine.received, "accepted", "实收数量", Amount()),
        _column("refused", ReturnLine.refused, "refused", "拒收数量", Amount()),
        _column("repair", ReturnLine.repair, "to repair", "送修数量", Amount()),
        _column("maker", ReturnLine.maker, "to the maker", "退厂数量", Amount()),
        _column("scrap", ReturnLine.scrap, "scrapped", "报废数量", Amount()),
        _column("elsewhere", ReturnLine.elsewhere, "elsewhere", "调往他处数量", Amount()),
        _column("reason", Return.reason, "reason", "原因", NOTE),
        _column("user", User.full_name, "asked by", "申请人"),
        _column("line", ReturnLine.id, "line", "行", Id(), key=True),
    ),
)  # fmt: skip

REPAIRS = Table(
    name="repairs",
    title=Words("Repairs", "送修单"),
    means=Words("Everything that was sent away for repair.", "全部外送维修。"),
    row=Repair,
    rows=join(join(Repair, Part, Part.id == Repair.part_id), FROM, FROM.id == Repair.place_id),
    writers=(),
    columns=(
        _column("since", Repair.since, "since", "送出时间", Moment(), key=True),
        _column("removal", Repair.removal_id, "removal", "送修单", Id()),
        _column("from", FROM.code, "from", "移出库位"),
        *PART_COLUMNS,
        _column("quantity", Repair.quantity, "quantity", "数量", Amount()),
        _column("back", back(), "back", "已修回数量", Amount()),
        _column("due", Repair.due, "due on", "预计日期", Day()),
        _column("reason", Repair.reason, "reason", "原因", NOTE),
        _column("return", Repair.return_id, "return", "返修单", Id()),
        _column("id", Repair.id, "id", "编号", Id(), key=True),
    ),
)

JOURNALS = {table.name: table for table in (MOVES, REQUISITIONS, TRANSFERS, RETURNS, REPAIRS)}
