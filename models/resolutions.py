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
            "What was reported takes effect, as if its author had been assigned.",
            "采纳上报内容，视同已派工，随即生效。",
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
            "The later hand-over meant another loaner: this one stays where it was before.",
            "后一次借出另有其机，本机仍在原处。",
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
            "noted",
            "Somebody has looked at it; nothing changes.",
            "已知悉，不作任何更改。",
        ),
    )
}
