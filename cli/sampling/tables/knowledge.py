"""What the office has written down for the field: fault codes, checklists and articles."""

from typing import NamedTuple


class Code(NamedTuple):
    """A fault, a cause or a remedy, Chinese and English."""

    kind: str
    code: str
    zh: str
    en: str


class Lines(NamedTuple):
    """A checklist, for visits to devices of that family; without one for all others."""

    code: str
    name: str
    family: str | None
    lines: tuple[str, ...]


class Known(NamedTuple):
    """An article: what it is about and, language by language, title and text."""

    code: str
    models: tuple[str, ...]
    texts: dict[str, tuple[str, str]]
    published: bool = True


CODES = (
    # Printers
    Code("fault", "PR-01", "打印头断点，标签有白线", "Dead dots, white line on labels"),
    Code("fault", "PR-02", "走纸打滑或跑偏", "Media slips or drifts"),
    Code("fault", "PR-03", "误报缺纸", "False paper-out"),
    Code("fault", "PR-04", "切刀卡死", "Cutter jammed"),
    Code("fault", "PR-05", "碳带断裂或起皱", "Ribbon torn or wrinkled"),
    Code("fault", "PR-06", "打印浓度不均", "Uneven darkness"),
    # Servers, storage, power
    Code("fault", "SV-01", "硬盘故障，阵列降级", "Disk failed, array degraded"),
    Code("fault", "SV-02", "电源模块告警", "Power module alarm"),
    Code("fault", "SV-03", "内存校验错误", "Memory errors"),
    Code("fault", "SV-04", "机箱温度过高", "Chassis too hot"),
    Code("fault", "SV-05", "无法启动", "Does not boot"),
    Code("fault", "UP-01", "电池续航不足", "Battery runs down too soon"),
    Code("fault", "UP-02", "UPS 转旁路", "UPS on bypass"),
    # Networks
    Code("fault", "NW-01", "端口不通", "Port down"),
    Code("fault", "NW-02", "光模块收光弱", "Optical module receives too little light"),
    Code("fault", "NW-03", "网络环路、广播风暴", "Loop, broadcast storm"),
    Code("fault", "NW-04", "丢包、时延大", "Packet loss, high latency"),
    # Monitoring
    Code("fault", "CM-01", "无图像", "No picture"),
    Code("fault", "CM-02", "图像模糊", "Picture blurred"),
    Code("fault", "CM-03", "夜间补光失效", "No infrared light at night"),
    Code("fault", "CM-04", "云台不转", "Pan and tilt stuck"),
    Code("fault", "CM-05", "录像丢失", "Recordings missing"),
    # Displays and terminals
    Code("fault", "DP-01", "屏幕局部不亮", "Part of the screen dark"),
    Code("fault", "TS-01", "触摸失灵或漂移", "Touch dead or off"),
    # Causes
    Code("cause", "CA-01", "部件老化磨损", "Worn by age"),
    Code("cause", "CA-02", "灰尘堵塞", "Clogged with dust"),
    Code("cause", "CA-03", "供电异常、雷击", "Bad mains, lightning"),
    Code("cause", "CA-04", "安装或接线不良", "Badly installed or wired"),
    Code("cause", "CA-05", "参数被改动", "Settings were changed"),
    Code("cause", "CA-06", "人为损坏", "Damaged by use"),
    Code("cause", "CA-07", "耗材不合格", "Unsuitable consumables"),
    Code("cause", "CA-08", "软件或固件缺陷", "Software or firmware defect"),
    Code("cause", "CA-09", "环境温湿度超限", "Too hot or too damp"),
    # Remedies
    Code("remedy", "RM-01", "更换部件", "Part replaced"),
    Code("remedy", "RM-02", "清洁保养", "Cleaned"),
    Code("remedy", "RM-03", "调整校准", "Adjusted, calibrated"),
    Code("remedy", "RM-04", "重新接线、紧固", "Rewired, fastened"),
    Code("remedy", "RM-05", "恢复参数配置", "Settings restored"),
    Code("remedy", "RM-06", "升级固件", "Firmware updated"),
    Code("remedy", "RM-07", "带回维修", "Taken to the workshop"),
    Code("remedy", "RM-08", "指导用户操作", "User instructed"),
)

CHECKLISTS = (
    Lines("GEN", "通用作业 any visit", None, (
        "断电前确认 confirm before switching off",
        "清洁除尘 clean",
        "功能测试 test all functions",
    )),
    Lines("PRT", "打印机 printers", "printer", (
        "检查打印头和胶辊 look at print head and roller",
        "清洁传感器和纸道 clean sensors and paper path",
        "试打 20 张并扫码 print 20 labels and scan them",
    )),
    Lines("SRV", "机房设备 servers and networks", "server", (
        "断电前确认备份 confirm the backup before switching off",
        "记录告警灯和日志 note alarm lights and logs",
        "检查风扇、温度、滤网 check fans, temperature, filters",
        "恢复后观察 15 分钟 watch for 15 minutes afterwards",
    )),
    Lines("CAM", "监控 cameras and recorders", "camera", (
        "核对各路图像和时间 check every picture and its clock",
        "回放昨天的录像 play back yesterday",
        "擦拭视窗，检查防水 wipe the window, check the seals",
    )),
    Lines("LED", "显示屏 LED walls", "display", (
        "断电前确认 confirm before switching off",
        "全屏红绿蓝白测试 full-screen red, green, blue, white",
        "检查电源和排线温度 feel power supplies and cables",
    )),
    Lines("INS", "季度巡检 quarterly inspection", "inspect", (
        "外观和接地检查 housing and earthing",
        "清洁除尘 clean",
        "运行参数记录 note the readings",
        "备件余量检查 check the spare parts on site",
        "与客户确认遗留问题 agree with the customer what is left",
    )),
)  # fmt: skip

ARTICLES = (
    Known("KB-001", ("BP-200", "BP-300", "BP-450"), {
        "zh": (
            "更换打印头后必须校准浓度",
            "换头后依次做：\n\n1. 断电 30 秒再上电；\n2. 传感器学习；\n"
            "3. 浓度从 10 起每次加 1，试打到条码等级 B 以上；\n4. 打印自检页拍照存档。",
        ),
        "en": (
            "Calibrate darkness after replacing a print head",
            "After the new head:\n\n1. power off for 30 seconds;\n2. let it learn the label;\n"
            "3. start at darkness 10 and go up until the barcode grades B or better;\n"
            "4. print the self-test page and take a photo of it.",
        ),
    }),
    Known("KB-002", ("BP-200", "BP-300"), {
        "zh": (
            "误报缺纸的三个原因",
            "先擦传感器，再看增益，最后看标签间隙是否小于 2 mm。"
            "多数情况擦拭即可，不必换件。",
        ),
        "en": (
            "Three causes of a false paper-out",
            "Wipe the sensor, then look at its gain, then whether the gap between labels is "
            "less than 2 mm. Mostly wiping is enough.",
        ),
    }),
    Known("KB-003", ("RS-120",), {
        "zh": (
            "阵列降级时的换盘顺序",
            "**先确认备份。** 只拔告警灯亮的盘；"
            "插入新盘后等重建到 100% 再离开，记录开始和结束时间。",
        ),
        "en": (
            "Changing a disk in a degraded array",
            "**Confirm the backup first.** Pull only the disk whose light is on; stay until the "
            "rebuild has reached 100 % and note when it began and ended.",
        ),
    }),
    Known("KB-004", ("NS-48",), {
        "zh": (
            "快速定位环路",
            "看各口流量灯是否同频闪烁；逐个拔上联口，"
            "流量骤降的那口就是环路所在。",
        ),
        "en": (
            "Finding a loop quickly",
            "All lights blink alike: pull the uplinks one by one; where traffic drops, there is "
            "the loop.",
        ),
    }),
    Known("KB-005", ("UP-3K",), {
        "zh": (
            "UPS 放电测试步骤",
            "客户同意断市电后进行；低于标称时间的 60% 即建议整组更换电池，"
            "不混用新旧。",
        ),
    }),
    Known("KB-006", ("LW-P2", "LW-P4", "LW-P6"), {
        "zh": (
            "模组不亮先换排线",
            "整列不亮多为排线或接收卡；单块不亮再换模组。"
            "换模组要同批次，否则色差明显。",
        ),
        "en": (
            "Dark modules: cable first",
            "A whole column points to the cable or the receiving card, a single module to itself. "
            "Use modules of the same lot, or the colours differ.",
        ),
    }),
    Known("KB-007", ("CM-40", "CM-80"), {
        "zh": (
            "夜间图像发白",
            "多为视窗内侧结露或蜘蛛网反光，清洁后仍发白再换补光灯板。",
        ),
    }),
    Known("KB-008", ("VR-16",), {
        "zh": (
            "录像丢失排查",
            "依次核对：时间、磁盘状态、录像计划、码流是否超过磁盘写入。"
            "取证前不要格式化。",
        ),
    }),
    Known("KB-009", ("KS-10", "KS-20"), {
        "zh": ("触摸漂移", "先看贴膜和积水，再重新校准，最后换触摸屏。"),
    }),
    Known("KB-010", (), {
        "zh": (
            "客户不在现场时如何签收",
            "等候 30 分钟并拍照，电话确认后按“不在场”封存，"
            "备注写明与谁通话。",
        ),
        "en": (
            "When nobody is there to sign",
            "Wait 30 minutes, take a photo, agree by phone, and seal as absent; say in the "
            "remarks with whom you spoke.",
        ),
    }),
    Known("KB-011", ("TB-65", "TB-75", "TB-86"), {
        "zh": (
            "一体机黑屏有声",
            "背光条或电源板：用手电照屏，能看到图像就是背光。",
        ),
    }, published=False),
    Known("KB-012", (), {
        "zh": (
            "旧件返还规定",
            "序列号件必须带回，贴坏件标签，三个工作日内入坏件库；"
            "未还计入个人欠件。",
        ),
    }),
)  # fmt: skip
