"""Who has what, as tables that are only written: old parts owed, loaners, and customers' units."""

from sqlalchemy import join, outerjoin

from models.customers import Asset, Customer, Site
from models.facts import FactPart
from models.grounds import SIGNER
from models.loaners.rows import Custody, Loaner, Reservation
from models.loaners.whereabouts import BESIDE
from models.people import User
from models.stock.fitted import Debt
from models.stock.rows import Part, Place
from models.tables.catalogue import NOTE
from models.tables.description import Table
from models.tables.kinds import Amount, Day, Words
from models.tables.written import (
    PART_COLUMNS,
    YES,
    Id,
    Moment,
    Several,
    Signer,
    Yuan,
    choice,
    column,
)
from models.units import UnitStay

LOANER = choice(
    out=("out", "借出"), returned=("returned", "已收回"), inspected=("inspected", "已检查"),
    available=("available", "可借"), lost=("lost", "丢失"), sold=("sold", "已售"),
)  # fmt: skip
HOLDER = choice(place=("place of ours", "库位"), site=("site", "客户地点"))
CONDITION = choice(
    as_new=("as new", "如新"), worn=("worn", "有使用痕迹"), damaged=("damaged", "有损坏"),
    working=("working", "可用"), not_working=("not working", "不能工作"),
)  # fmt: skip
RESERVED = choice(
    open=("open", "有效"), met=("met", "已借出"), released=("released", "已取消"),
    lapsed=("lapsed", "已过期"),
)  # fmt: skip
STEP = choice(
    taken=("taken", "取走"), received=("received", "收件"), diagnosed=("diagnosed", "已诊断"),
    quoted=("quoted", "已报价"), approved=("approved", "同意维修"),
    declined=("declined", "拒绝维修"), repaired=("repaired", "已修好"),
    unrepairable=("unrepairable", "无法修复"), brought_back=("brought back", "已送回"),
)  # fmt: skip

DEBTS = Table(
    name="debts",
    title=Words("Old parts owed", "欠还旧件"),
    means=Words("Every old part that is still owed.", "全部尚未返还的旧件。"),
    row=Debt,
    rows=outerjoin(join(Debt, User), Part, Part.id == Debt.part_id),
    writers=(),
    columns=(
        column("since", Debt.since, "since", "起始时间", Moment(), key=True),
        column("user", User.full_name, "owed by", "责任人"),
        *PART_COLUMNS,
        column("serial", Debt.serial, "serial number", "序列号"),
        column("quantity", Debt.quantity, "quantity", "数量", Amount()),
        column("visit", Debt.visit_id, "visit", "上门", Id()),
        column("id", Debt.id, "id", "编号", Id(), key=True),
    ),
)

CUSTODY = Table(
    name="custody",
    title=Words("Custody of loaners", "备机流转"),
    means=Words("Who had each loaner, from when until when.", "每台备机的保管经过。"),
    row=Custody,
    rows=outerjoin(
        outerjoin(
            outerjoin(
                outerjoin(join(Custody, Loaner), Place, Place.id == Custody.holder_id),
                Site,
                Site.id == Custody.holder_id,
            ),
            User,
            User.id == Custody.user_id,
        ),
        FactPart,
        (FactPart.fact_key == Custody.cause_id) & (FactPart.name == SIGNER),
    ),
    writers=(),
    columns=(
        column("since", Custody.since, "since", "起始时间", Moment(), key=True),
        column("until", Custody.until, "until", "结束时间", Moment()),
        column("model", Loaner.model, "model", "型号"),
        column("serial", Loaner.serial, "serial number", "序列号"),
        column("state", Custody.state, "state", "状态", LOANER),
        column("holder_type", Custody.holder_type, "place or site", "库位或客户", HOLDER),
        column("holder", BESIDE["holder_name"], "holder", "保管方"),
        column("user", User.full_name, "technician", "技术员"),
        column("signer", FactPart.text, "signed by", "签收人", Signer()),
        column("accessories", Custody.accessories, "accessories", "附件", Several()),
        column("due", Custody.due, "due on", "应还日期", Day()),
        column("overdue", Custody.overdue, "overdue", "逾期", YES),
        column("condition", Custody.condition, "condition", "外观状况", CONDITION),
        column("inspected", Custody.inspected, "inspected", "检查时间", Moment()),
        column("inspected_as", Custody.inspected_as, "found as", "检查结果", CONDITION),
        column("id", Custody.id, "id", "编号", Id(), key=True),
    ),
)

RESERVATIONS = Table(
    name="reservations",
    title=Words("Reservations of loaners", "备机预留"),
    means=Words("For whom each loaner was reserved.", "每台备机的预留经过。"),
    row=Reservation,
    rows=join(
        join(join(join(Reservation, Loaner), Site, Site.id == Reservation.site_id), Customer),
        User,
        User.id == Reservation.user_id,
    ),
    writers=(),
    columns=(
        column("starts", Reservation.starts, "from", "起始日期", Day(), key=True),
        column("until", Reservation.until, "until before", "截止日期（不含）", Day()),
        column("model", Loaner.model, "model", "型号"),
        column("serial", Loaner.serial, "serial number", "序列号"),
        column("customer", Customer.name, "customer", "客户"),
        column("site", Site.name, "site", "地点"),
        column("state", Reservation.state, "state", "状态", RESERVED),
        column("user", User.full_name, "reserved by", "预留人"),
        column("since", Reservation.since, "since", "预留时间", Moment()),
        column("note", Reservation.note, "note", "备注", NOTE),
        column("id", Reservation.id, "id", "编号", Id(), key=True),
    ),
)

UNITS = Table(
    name="units",
    title=Words("Customers' units", "客户送修设备"),
    means=Words("Every stay of a customer's unit in our hands.", "客户设备在我方的每次停留。"),
    row=UnitStay,
    rows=outerjoin(
        join(
            join(join(join(UnitStay, Asset, Asset.id == UnitStay.asset_id), Site), Customer),
            User,
            User.id == UnitStay.user_id,
        ),
        Place,
        Place.id == UnitStay.place_id,
    ),
    writers=(),
    columns=(
        column("since", UnitStay.since, "since", "取走时间", Moment(), key=True),
        column("until", UnitStay.until, "until", "送回时间", Moment()),
        column("customer", Customer.name, "customer", "客户"),
        column("site", Site.name, "site", "地点"),
        column("model", Asset.model, "model", "型号"),
        column("serial", Asset.serial, "serial number", "序列号"),
        column("user", User.full_name, "taken by", "取走人"),
        column("condition", UnitStay.condition, "condition", "状况", CONDITION),
        column("data_loss", UnitStay.data_loss, "may lose its data", "同意数据丢失", YES),
        column("step", UnitStay.step, "step", "进度", STEP),
        column("step_since", UnitStay.step_since, "step since", "进度时间", Moment()),
        column("place", Place.code, "place code", "库位编号"),
        column("price_fen", UnitStay.price_fen, "price in yuan", "报价（元）", Yuan()),
        column("visit", UnitStay.visit_id, "visit", "上门", Id()),
        column("id", UnitStay.id, "id", "编号", Id(), key=True),
    ),
)
