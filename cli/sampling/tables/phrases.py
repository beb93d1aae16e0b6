"""What is said on a visit beside the fault itself, Chinese and English, and what is charged."""

PHRASES = {
    "task": ("处理：{0}", "Look into: {0}"),
    "task_again": ("再次上门：{0}", "Second visit: {0}"),
    "ill": ("发烧，今天去不了", "Down with a fever, cannot go today"),
    "absent": (
        "到现场无人，电话未接，等了半小时",
        "Nobody there, no answer, waited half an hour",
    ),
    "no_access": ("大门锁着，门岗没有接到通知", "Gate locked, the guard knew nothing of a visit"),
    "power_off": ("同意断电 30 分钟", "May be switched off for 30 minutes"),
    "note": (
        "设备在走廊尽头，下次从北门进更近",
        "End of the corridor; north gate is nearer",
    ),
    "waiting": ("等客户腾出机房", "Waiting for the room to be cleared"),
    "part_missing": ("缺备件，已申请，到货后再来", "Part not in the van; ordered, will come again"),
    "loaner_out": ("外壳有轻微划痕，功能正常", "Light scratches, works"),
    "loaner_back": ("配件齐全，已通电检查", "Complete, switched on and checked"),
    "signer_absent": (
        "客户开会未能签字，口头确认",
        "Customer in a meeting, agreed verbally",
    ),
    "refused": (
        "客户对停机时间有意见，拒绝签字",
        "Unhappy about the downtime, would not sign",
    ),
    "helped": ("路过帮忙看了一下，已重启设备", "Was nearby and lent a hand: device restarted"),
    "late": ("没看到改派通知，已处理完", "Had not seen that it was reassigned; done already"),
    "cancelled": (
        "到现场才知道已取消，客户还是让处理了",
        "Heard on site; they wanted it done",
    ),
    "cancel_reason": ("客户来电：已自行恢复", "Customer called: works again by itself"),
    "storm": ("台风红色预警，道路封闭", "Typhoon warning, roads closed"),
    "remark_1": ("建议每季度清洁一次", "Should be cleaned every quarter"),
    "remark_2": ("客户希望下次上午来", "Customer would like a morning visit next time"),
    "remark_3": ("插座松动，已提醒客户更换", "Loose socket, customer was told"),
}
REMARKS = ("remark_1", "remark_2", "remark_3")

# What, fen, why, and how often.
CHARGES: tuple[tuple[tuple[str, int, str] | None, int], ...] = (
    (None, 68),
    (("上门费 call-out", 15000, "保外 out of warranty"), 18),
    (("上门费 call-out", 28000, "保外，外地 out of warranty, remote"), 8),
    (("人工费 labour", 20000, "人为损坏 damaged by use"), 6),
)


def phrase(key: str, language: str, *words: str) -> str:
    """The phrase in that language."""
    return PHRASES[key][language == "en"].format(*words)
