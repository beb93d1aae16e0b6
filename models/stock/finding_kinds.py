"""What a person may have to look at in the books: shortages, counts, transfers, orders, returns."""

from models.finding_kind import FindingKind
from models.people import Role

STOCK_KINDS = (
    FindingKind(
        "stock.short",
        Role.WAREHOUSE,
        "More was taken than the books knew of; the difference is covered from discrepancy.",
        "领用数量超过账面结存，差额暂记差异库。",
        ("bought_locally", "wrong_part", "written_off"),
    ),
    FindingKind(
        "stock.variance",
        Role.SUPERVISOR,
        "A count differs from the books by more than its part's limit; it counts already.",
        "盘点与账面的差额超过该备件的限额，已按盘点数入账，待审批。",
        ("count_holds", "count_set_aside"),
    ),
    FindingKind(
        "stock.tracking",
        Role.WAREHOUSE,
        "A part was stated without the serial or lot by which it is tracked, or with another.",
        "备件的序列号或批次与其管理方式不符。",
    ),
    FindingKind(
        "stock.serial_jump",
        Role.WAREHOUSE,
        "A serial number left a place where the books did not have it.",
        "序列号从账面不在的库位发出。",
        ("first_use_holds", "noted"),
    ),
    FindingKind(
        "stock.received_unshipped",
        Role.WAREHOUSE,
        "More was received than was shipped.",
        "签收数量大于发货数量。",
        ("written_off",),
    ),
    FindingKind(
        "stock.received_short",
        Role.WAREHOUSE,
        "Something of a transfer was received, and less than was shipped; or a piece of it was "
        "seen elsewhere, and nobody received it.",
        "调拨部分签收，数量少于发货数量；或其中某件已在别处出现，却无人签收。",
        ("written_off",),
    ),
    FindingKind(
        "stock.stuck_in_transit",
        Role.WAREHOUSE,
        "What was shipped has been under way for too long, and nobody received it.",
        "调拨在途时间过长，仍未签收。",
        ("written_off",),
    ),
    FindingKind(
        "stock.wrong_place",
        Role.WAREHOUSE,
        "Something was received at another place than it was sent to; or it was handed on to the "
        "very place that it leaves, or to one where nothing can lie.",
        "签收库位与发往库位不符；或转交至原库位或不能存放的库位。",
        ("noted",),
    ),
    FindingKind(
        "delivery.differs",
        Role.WAREHOUSE,
        "What came of a supplier's delivery is not what was announced.",
        "供应商到货的实收数与预告不符。",
        ("count_final",),
    ),
    FindingKind(
        "stock.below_level",
        Role.WAREHOUSE,
        "A place holds less than its levels ask for, with what is coming counted in.",
        "库位存量（含在途和已申请）低于下限。",
    ),
    FindingKind(
        "requisition.not_shipped",
        Role.WAREHOUSE,
        "A customer's order passed its gates, and was not shipped within the time agreed.",
        "客户订单已放行，未在约定时限内发货。",
        ("customer_told", "excused"),
    ),
    FindingKind(
        "requisition.not_told",
        Role.WAREHOUSE,
        "Parts were shipped to a customer, who was not told of it in time.",
        "已向客户发货，未按时告知发货时间。",
        ("excused",),
    ),
    FindingKind(
        "return.differs",
        Role.WAREHOUSE,
        "What came of a customer's return is not what its list says.",
        "客户退回货品的实收数与退货清单不符。",
        ("count_final",),
    ),
    FindingKind(
        "debt.old",
        Role.WAREHOUSE,
        "An old part has been owed for more than 30 days.",
        "旧件超过 30 天未返还。",
    ),
    FindingKind(
        "stock.claim_lost",
        Role.WAREHOUSE,
        "What was reserved is not there any more; the newest reservation is short of it.",
        "已预留的备件不足，最后的预留缺货。",
    ),
    FindingKind(
        "stock.unknown",
        Role.WAREHOUSE,
        "A statement names a part or place that is not in the catalogue; it is not booked.",
        "事实中的备件或库位不在目录中，未记账。",
    ),
    FindingKind(
        "place.not_kept",
        Role.WAREHOUSE,
        "Somebody stated or asked something for a place that they do not keep; it counts once they "
        "do.",
        "有人为非其保管的库位上报或申请，登记为该库位保管人后方生效。",
        ("noted",),
    ),
)
