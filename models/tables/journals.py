"""What happened to stock, as tables that are only written: moves, requisitions, transfers, what
customers return and what is away for repair; and those of holdings."""

from sqlalchemy import join, outerjoin
from sqlalchemy.orm import aliased

from models.contracts.returning import CASES, ENDS
from models.contracts.rows import Contract
from models.customers import Customer
from models.people import User
from models.returns.rows import Return, ReturnLine
from models.stock.demand import Requisition, RequisitionLine, Transfer
from models.stock.repairs import Repair, back
from models.stock.rows import Move, Part, Place
from models.tables.catalogue import NOTE
from models.tables.description import Table
from models.tables.holdings import CUSTODY, DEBTS, RESERVATIONS, UNITS
from models.tables.kinds import Amount, Choice, Day, Words
from models.tables.written import PART_COLUMNS, YES, Id, Moment, Several, choice, column

FROM, TO = aliased(Place), aliased(Place)


ROLE = choice(
    stated=("stated", "陈述"), cover=("cover", "差异垫付"), lost=("lost", "移出差异"),
    counted=("counted", "盘点"), missed=("missed", "盘点未见"),
)  # fmt: skip
STATUS = choice(
    submitted=("submitted", "已提交"), reserved=("reserved", "已预留"), picked=("picked", "已拣货"),
    in_transit=("in transit", "在途"), received=("received", "已签收"),
    shipped=("shipped to the customer", "已发客户"), refused=("refused", "已拒绝"),
)  # fmt: skip
ORDER = choice(sold=("sold", "销售"), guarantee=("replaced in the guarantee period", "三包更换"))
KIND = choice(
    shipment=("shipment", "发货"), handover=("handover", "转交"), delivery=("delivery", "到货")
)
FREIGHT = choice(company=("company", "公司"), requester=("requester", "申请方"))
RETURN_STATUS = choice(
    asked=("asked", "已申请"), permitted=("permitted", "已授权"), refused=("refused", "已拒绝"),
    partly_received=("partly received", "部分收货"), received=("received", "已收货"),
    closed=("closed", "已关闭"),
)  # fmt: skip
MOVES = Table(
    name="moves",
    title=Words("Moves", "库存流水"),
    means=Words("Every posted move.", "全部库存流水。"),
    row=Move,
    rows=join(join(join(Move, Part), FROM, FROM.id == Move.from_place), TO, TO.id == Move.to_place),
    writers=(),
    columns=(
        column("posted", Move.posted, "posted", "记账时间", Moment(), key=True),
        column("happened", Move.happened, "happened", "发生时间", Moment()),
        *PART_COLUMNS,
        column("lot", Move.lot, "lot", "批次"),
        column("serial", Move.serial, "serial number", "序列号"),
        column("quantity", Move.quantity, "quantity", "数量", Amount()),
        column("from", FROM.code, "from", "移出库位"),
        column("to", TO.code, "to", "移入库位"),
        column("role", Move.role, "role", "类别", ROLE),
        column("id", Move.id, "id", "编号", Id(), key=True),
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
        column("asked", Requisition.asked, "asked", "申请时间", Moment(), key=True),
        column("requisition", Requisition.id, "requisition", "备料单", Id(), key=True),
        column("place", Place.code, "place code", "库位编号"),
        column("contract", Contract.code, "contract", "合同"),
        column("customer", Customer.name, "customer", "客户"),
        column("kind", Requisition.kind, "sold or guarantee", "销售或三包", ORDER),
        column("user", User.full_name, "asked by", "申请人"),
        column("status", Requisition.status, "status", "状态", STATUS),
        column("urgent", Requisition.urgent, "urgent", "加急", YES),
        column("needed", Requisition.needed, "needed on", "需用日期", Day()),
        column("freight", Requisition.freight, "freight borne by", "运费承担", FREIGHT),
        column("cleared", Requisition.cleared, "gates passed", "放行时间", Moment()),
        column("ship_due", Requisition.ship_due, "to be shipped by", "发货时限", Moment()),
        *PART_COLUMNS,
        column("wanted", RequisitionLine.wanted, "wanted", "申请数量", Amount()),
        column("shipped", RequisitionLine.shipped, "shipped", "已发数量", Amount()),
        column("reason", Requisition.reason, "reason", "原因", NOTE),
        column("line", RequisitionLine.id, "line", "行", Id(), key=True),
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
        column("since", Transfer.since, "since", "发出时间", Moment(), key=True),
        column("transfer", Transfer.transfer_id, "transfer", "调拨单", Id(), key=True),
        column("kind", Transfer.kind, "kind", "类别", KIND),
        column("from", FROM.code, "from", "移出库位"),
        column("to", TO.code, "to", "移入库位"),
        column("supplier", Transfer.supplier, "supplier", "供应商"),
        column("waybill", Transfer.waybill, "waybill", "货运单"),
        column("due", Transfer.due, "due on", "预计日期", Day()),
        column("requisition", Transfer.requisition_id, "requisition", "备料单", Id()),
        column("id", Transfer.id, "id", "编号", Id(), key=True),
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
        column("asked", Return.asked, "asked", "申请时间", Moment(), key=True),
        column("return", Return.id, "return", "返修单", Id(), key=True),
        column("customer", Customer.code, "customer code", "客户编号"),
        column("contract", Contract.code, "contract code", "合同编号"),
        column("case", Return.case, "case", "情形", Choice(CASES)),
        column("since", Return.since, "since", "起算日期", Day()),
        column("requested", Return.requested, "requested on", "客户申请日期", Day()),
        column("until", Return.until, "until", "期限", Day()),
        column("timely", Return.timely, "in time", "期限内", YES),
        column("status", Return.status, "status", "状态", RETURN_STATUS),
        column("outcome", Return.outcome, "outcome", "处理方式", Choice(ENDS)),
        *PART_COLUMNS,
        column("lot", ReturnLine.lot, "lot", "批次"),
        column("serial", ReturnLine.serial, "serial number", "序列号"),
        column("listed", ReturnLine.listed, "listed", "清单数量", Amount()),
        column("received", ReturnLine.received, "accepted", "实收数量", Amount()),
        column("refused", ReturnLine.refused, "refused", "拒收数量", Amount()),
        column("repair", ReturnLine.repair, "to repair", "送修数量", Amount()),
        column("maker", ReturnLine.maker, "to the maker", "退厂数量", Amount()),
        column("scrap", ReturnLine.scrap, "scrapped", "报废数量", Amount()),
        column("elsewhere", ReturnLine.elsewhere, "elsewhere", "调往他处数量", Amount()),
        column("reason", Return.reason, "reason", "原因", NOTE),
        column("user", User.full_name, "asked by", "申请人"),
        column("line", ReturnLine.id, "line", "行", Id(), key=True),
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
        column("since", Repair.since, "since", "送出时间", Moment(), key=True),
        column("removal", Repair.removal_id, "removal", "送修单", Id()),
        column("from", FROM.code, "from", "移出库位"),
        *PART_COLUMNS,
        column("quantity", Repair.quantity, "quantity", "数量", Amount()),
        column("back", back(), "back", "已修回数量", Amount()),
        column("serials", Repair.serials, "serial numbers", "序列号", Several()),
        column("due", Repair.due, "due on", "预计日期", Day()),
        column("reason", Repair.reason, "reason", "原因", NOTE),
        column("return", Repair.return_id, "return", "返修单", Id()),
        column("id", Repair.id, "id", "编号", Id(), key=True),
    ),
)

JOURNALS = {
    table.name: table
    for table in (
        MOVES, REQUISITIONS, TRANSFERS, RETURNS, REPAIRS, DEBTS, CUSTODY, RESERVATIONS, UNITS,
    )
}  # fmt: skip
