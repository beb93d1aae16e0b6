"""The catalogue of findings: everything that a person may have to look at.

A *condition* closes when it no longer holds; an *event* is closed by a person, by one of its typed
resolutions. Where a finding is both, it goes by itself, or a person ends it before.
"""

from models.finding_kind import SETTLED, Evidence, FindingKind
from models.people import Role
from models.stock.finding_kinds import STOCK_KINDS

__all__ = ["KINDS", "SETTLED", "FindingKind"]


def _was_said(resolution: str, evidence: Evidence) -> bool:
    """Nobody chooses how a visit ended that none of its crew has named."""
    return resolution.removeprefix("was_") in evidence["outcomes"].values()


def _not_followed(resolution: str, evidence: Evidence) -> bool:
    """What was decided about the same thing since is not undone with what was before it."""
    return resolution != "reverse" or "followed_by" not in evidence


KINDS = {
    kind.code: kind
    for kind in (
        FindingKind(
            "visit.work_after_cancellation",
            Role.DISPATCHER,
            "Work was done on a visit that had been cancelled.",
            "已取消的上门服务仍有作业记录。",
            ("keep", "bill"),
        ),
        FindingKind(
            "visit.late_work",
            Role.DISPATCHER,
            "Work was done by a technician from whom the visit had been taken.",
            "改派后原工程师仍进行了作业。",
            ("keep",),
        ),
        FindingKind(
            "visit.unassigned_work",
            Role.DISPATCHER,
            "Somebody who was never assigned reported work; it moves nothing until adopted.",
            "从未被派工的人员上报了作业，采纳前不生效。",
            ("adopt", "set_aside"),
        ),
        FindingKind(
            "record.two_records",
            Role.DISPATCHER,
            "Two service records were sealed for one visit.",
            "同一次上门服务有两份已封存的服务记录。",
            ("keep_both", "first_counts", "last_counts"),
        ),
        FindingKind(
            "record.cites_missing",
            Role.DISPATCHER,
            "The sealed record cites facts that have not arrived.",
            "封存的记录引用了尚未收到的事实。",
        ),
        FindingKind(
            "visit.opened_on_site",
            Role.DISPATCHER,
            "A technician opened a job that the customer asked for on the spot.",
            "工程师应客户要求现场开立了工单。",
            ("confirm", "decline"),
        ),
        FindingKind(
            "visit.done_twice",
            Role.DISPATCHER,
            "Both the former technician and the one who got the visit worked on it.",
            "改派前后的工程师都进行了作业。",
            ("keep",),
        ),
        FindingKind(
            "visit.revoked_work",
            Role.DISPATCHER,
            "A device stated something after it was revoked; it moves nothing until adopted.",
            "设备停用后仍上报了内容，采纳前不生效。",
            ("adopt", "set_aside"),
        ),
        FindingKind(
            "record.revoked_seal",
            Role.DISPATCHER,
            "A device sealed a record after it was revoked; such a seal never counts.",
            "设备停用后封存了服务记录，该封存不生效。",
            ("set_aside",),
        ),
        FindingKind(
            "visit.unknown",
            Role.DISPATCHER,
            "Somebody reported from a visit that does not exist here.",
            "有人上报了本系统中不存在的上门服务。",
            ("set_aside",),
        ),
        FindingKind(
            "visit.crew_differs",
            Role.DISPATCHER,
            "Those who were there together say different things of how the visit ended.",
            "同行人员对服务结果的上报不一致。",
            ("was_done", "was_incomplete", "was_failed"),
            _was_said,
        ),
        FindingKind(
            "visit.old_packet",
            Role.DISPATCHER,
            "Work was done by a plan, or by terms, that had been changed before.",
            "作业依据的是变更前的计划或条款。",
            ("keep",),
        ),
        FindingKind(
            "visit.decision_overtaken",
            Role.DISPATCHER,
            "When it was decided, work had begun already, which nobody at the desk knew.",
            "作出决定时现场已开始作业，调度当时并不知情。",
            ("keep", "reverse"),
            _not_followed,
        ),
        FindingKind(
            "visit.help_requested",
            Role.DISPATCHER,
            "A technician on a visit asks for help.",
            "现场工程师请求支援。",
            ("help_given",),
        ),
        FindingKind(
            "visit.plan_proposed",
            Role.DISPATCHER,
            "A technician proposes another time for a visit.",
            "工程师建议更改上门时间。",
            ("accept", "set_aside"),
        ),
        FindingKind(
            "visit.overpaid",
            Role.DISPATCHER,
            "The customer paid more than the records charge.",
            "客户所付金额超过服务记录所列费用。",
            ("money_returned", "noted"),
        ),
        FindingKind(
            "asset.proposed",
            Role.DISPATCHER,
            "A technician found an asset that is not known here, or not as it is.",
            "工程师发现台账中没有或与台账不符的设备。",
            ("accept", "set_aside"),
        ),
        FindingKind(
            "contact.proposed",
            Role.DISPATCHER,
            "A technician proposes another contact, or another number.",
            "工程师建议更改联系人或电话。",
            ("accept", "set_aside"),
        ),
        FindingKind(
            "visit.too_many_photos",
            Role.DISPATCHER,
            "More photos were promised of the visit than there may be; the last are not taken.",
            "该次服务的照片数量超出上限，超出部分不接收。",
        ),
        FindingKind(
            "photo.missing",
            Role.DISPATCHER,
            "A photo was promised a day ago, and its bytes have not arrived.",
            "照片已登记一天，文件仍未上传。",
            ("given_up",),
        ),
        FindingKind(
            "photo.unreadable",
            Role.DISPATCHER,
            "A photo arrived whole, but cannot be read as a picture; it is kept as it is.",
            "照片文件已完整收到，但无法识别为图片，原文件已保留。",
            ("noted",),
        ),
        FindingKind(
            "job.dead",
            Role.SUPERVISOR,
            "Work behind the scenes failed again and again, and is not tried any more.",
            "后台任务多次失败，已停止重试。",
        ),
        FindingKind(
            "house.proof",
            Role.SUPERVISOR,
            "The nightly proof found something that must always be true and is not.",
            "夜间核查发现数据不一致。",
        ),
        FindingKind(
            "promise.warned",
            Role.DISPATCHER,
            "What was promised is due soon and not done yet.",
            "承诺时限临近，尚未完成。",
        ),
        FindingKind(
            "promise.broken",
            Role.DISPATCHER,
            "What was promised was not done in time.",
            "承诺未按时履行。",
            ("customer_told", "excused"),
        ),
        *STOCK_KINDS,
        FindingKind(
            "loaner.unknown",
            Role.WAREHOUSE,
            "A statement names a loaner that is not in the pool.",
            "事实中的备用机不在台账中。",
        ),
        FindingKind(
            "loaner.contested",
            Role.WAREHOUSE,
            "A loaner was handed over while, by the books, it was in somebody else's hands.",
            "备用机在他人保管期间又被借出。",
            ("later_holds", "earlier_holds", "noted"),
        ),
        FindingKind(
            "loaner.uninspected",
            Role.WAREHOUSE,
            "A loaner was lent that nobody had wiped and inspected since it came back.",
            "备用机归还后未经清除数据和检查又被借出。",
            ("noted",),
        ),
        FindingKind(
            "loaner.overtaken",
            Role.WAREHOUSE,
            "What was decided of a loaner does not fit what had happened to it by then.",
            "对备用机的处理决定与当时的实际情况不符。",
            ("noted",),
        ),
        FindingKind(
            "loaner.reservation_lost",
            Role.WAREHOUSE,
            "A loaner that is reserved will not be there in time.",
            "已预留的备用机届时无法到位。",
        ),
        FindingKind(
            "loaner.overdue",
            Role.WAREHOUSE,
            "A loaner has not come back by its due date.",
            "备用机逾期未还。",
        ),
        FindingKind(
            "loaner.overdue_long",
            Role.SUPERVISOR,
            "A loaner is overdue for two weeks.",
            "备用机逾期已满两周。",
        ),
        FindingKind(
            "unit.unknown",
            Role.DISPATCHER,
            "A statement names a customer's unit that is not among the assets.",
            "事实中的客户设备不在装机台账中。",
        ),
        FindingKind(
            "unit.elsewhere",
            Role.DISPATCHER,
            "A customer's unit was taken along on a visit to another site than the unit's own.",
            "取走的客户设备不属于本次上门的服务地点。",
            ("noted",),
        ),
        FindingKind(
            "unit.out_of_turn",
            Role.DISPATCHER,
            "A customer's unit was taken twice, brought back without having been taken, or "
            "something was done with it out of turn.",
            "客户设备重复取走、未取走即送回，或维修步骤顺序不符。",
            ("noted",),
        ),
        FindingKind(
            "device.clock",
            Role.DISPATCHER,
            "The device's clock had no anchor, did not agree with itself, or was ahead of arrival.",
            "设备时钟未校准、前后不一致，或所报时间晚于到达时间。",
            ("noted",),
        ),
        FindingKind(
            "device.seq_twice",
            Role.SUPERVISOR,
            "A device gave the same number to two different facts.",
            "设备将同一序号用于两条不同的事实。",
            ("noted",),
        ),
        FindingKind(
            "device.replica",
            Role.SUPERVISOR,
            "A device's documents differ from what it was sent, again within the hour.",
            "设备副本与下发内容不一致，一小时内再次出现。",
            ("noted",),
        ),
        FindingKind(
            "fact.revoked",
            Role.WAREHOUSE,
            "A device stated something of a place, a requisition, a notice or itself after it was "
            "revoked; it counts for nothing until adopted.",
            "设备停用后仍上报了库位、申请、通知或设备自身的内容，采纳前不生效。",
            ("adopt", "set_aside"),
        ),
        FindingKind(
            "device.lost_facts",
            Role.SUPERVISOR,
            "A device lost facts before it could send them.",
            "设备在上报前丢失了部分事实。",
            ("noted",),
        ),
        FindingKind(
            "device.unsent",
            Role.SUPERVISOR,
            "A device was revoked that still holds facts; it ends by itself once they have come.",
            "停用的设备上仍有未上报的事实，到齐后自动消失。",
            ("noted",),
        ),
        FindingKind(
            "device.forged",
            Role.SUPERVISOR,
            "A fact arrived whose signature or parts do not fit.",
            "收到签名或内容不符的事实。",
            ("noted",),
        ),
    )
}


def as_markdown() -> str:
    """The catalogue as docs/findings.md shows it."""
    lines = ["| code | for | what it is | 说明 | ends by |", "|---|---|---|---|---|"]
    for kind in KINDS.values():
        ends = ", ".join(f"`{one}`" for one in kind.resolutions) or "itself"
        lines.append(f"| `{kind.code}` | {kind.role} | {kind.english} | {kind.chinese} | {ends} |")
    return "\n".join(lines) + "\n"
