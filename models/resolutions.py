"""The ways in which a person ends a finding: a stable code, and what it does, in one sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Resolution:
    """A way in which a person ends a finding: a stable code, and what it does."""

    code: str
    english: str
    chinese: str


RESOLUTIONS = {
    one.code: one
    for one in (
        Resolution(
            "keep",
            "The work counts as it was reported; nothing else changes.",
            "按上报内容计入，其他不变。",
        ),
        Resolution(
            "bill",
            "The work counts as it was reported, and the customer is to be billed for it.",
            "按上报内容计入，并向客户计费。",
        ),
        Resolution(
            "adopt",
            "What was reported takes effect, as if its author had been assigned, or its device had "
            "not been revoked.",
            "采纳上报内容，视同已派工或设备未停用，随即生效。",
        ),
        Resolution(
            "set_aside",
            "What was reported is kept and has no effect.",
            "保留上报内容，但不产生任何效果。",
        ),
        Resolution(
            "keep_both",
            "Both records stay; each counts with what it says.",
            "两份记录均保留，各按其内容计入。",
        ),
        Resolution(
            "later_holds",
            "The later hand-over meant this loaner: it is where that one says.",
            "以后一次借出为准，备用机在其所记地点。",
        ),
        Resolution(
            "earlier_holds",
            "The later hand-over meant another loaner: this one stays where it was before, and the "
            "other one, if it is named, is where that paper says.",
            "后一次借出另有其机：本机仍在原处；如指明另一台，则该台以单据所记地点为准。",
        ),
        Resolution(
            "customer_told",
            "The customer was told that the promise was not kept, and why; nothing else changes.",
            "已告知客户超时及原因，其他不变。",
        ),
        Resolution(
            "excused",
            "The promise was not kept for a reason that the agreement excuses.",
            "超时属协议约定的免责情形。",
        ),
        Resolution(
            "confirm",
            "The job stands as it was opened on the spot; nothing else changes.",
            "认可现场开立的工单，其他不变。",
        ),
        Resolution(
            "decline",
            "The job opened on the spot was not ours: its visit and work order are cancelled.",
            "不认可现场开立的工单，相应的上门服务和工单取消。",
        ),
        Resolution(
            "accept",
            "What the technician proposed is done, as if whoever accepts it had edited it.",
            "采纳工程师的建议并据此修改，视同采纳人所改。",
        ),
        Resolution(
            "help_given",
            "The technician was told what to do, or somebody is on the way.",
            "已给予指导或已派人支援。",
        ),
        Resolution(
            "reverse",
            "The decision is followed by its opposite: what it took away is given back. Not where "
            "something was decided about the same thing since.",
            "撤回该决定的效果，恢复此前的安排；其后就同一事项另有决定的，不可撤回。",
        ),
        Resolution(
            "was_done",
            "Of what the crew say this holds: the visit was done.",
            "同行人员所报不一，以“已完成”为准。",
        ),
        Resolution(
            "was_incomplete",
            "Of what the crew say this holds: another visit is needed.",
            "同行人员所报不一，以“未完成，需再次上门”为准。",
        ),
        Resolution(
            "was_failed",
            "Of what the crew say this holds: the visit could not be carried out.",
            "同行人员所报不一，以“未能服务”为准。",
        ),
        Resolution(
            "first_counts",
            "The record that was sealed first counts; the others are kept and do not stand, nor "
            "does what they say was used.",
            "以最先封存的服务记录为准，其余留存但不生效，所记用料不入账。",
        ),
        Resolution(
            "last_counts",
            "The record that was sealed last counts; the others are kept and do not stand, nor "
            "does what they say was used.",
            "以最后封存的服务记录为准，其余留存但不生效，所记用料不入账。",
        ),
        Resolution(
            "first_use_holds",
            "The later use meant another piece: this one is where it was before.",
            "后一次领用另有其件，本件仍在原处。",
        ),
        Resolution(
            "bought_locally",
            "What was missing had been bought on the spot: it enters the books from the supplier.",
            "差额为现场自购，按供应商入库补记。",
        ),
        Resolution(
            "wrong_part",
            "Another part was taken than was stated: this one is given back to the books.",
            "实际所用为另一备件，本备件差额从调整库补回。",
        ),
        Resolution(
            "written_off",
            "Nobody knows how it came; the difference is written off to adjustment.",
            "原因不明，差额转入调整库核销。",
        ),
        Resolution(
            "count_holds",
            "The count is approved: the books stay as it says.",
            "盘点结果审批通过，账面以盘点为准。",
        ),
        Resolution(
            "count_set_aside",
            "The count is rejected: the books are as if nobody had counted this.",
            "盘点结果驳回，账面恢复为未盘点时的数。",
        ),
        Resolution(
            "count_final",
            "What was received is final, whatever was listed or announced: nothing more is "
            "expected of it.",
            "以实收数量为准，清单或预告的其余部分不再等待。",
        ),
        Resolution(
            "given_up",
            "The photo will not come: the phone is not reminded of it any more.",
            "照片不再等待，不再提醒手机上传。",
        ),
        Resolution(
            "money_returned",
            "What was paid too much goes back to the customer.",
            "多收的款项退还客户。",
        ),
        Resolution(
            "noted",
            "Somebody has looked at it; nothing changes.",
            "已知悉，不作任何更改。",
        ),
    )
}
