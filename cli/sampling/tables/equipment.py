"""What stands at the customers': seven families, twenty models, ten kinds of parts a model."""

from typing import NamedTuple


class PartKind(NamedTuple):
    """A part that each model of the family has; tracked by serial, by lot, or by quantity."""

    suffix: str
    name: str
    unit: str = "只"
    tracking: str = "none"


class Model(NamedTuple):
    """A model and what it is called."""

    code: str
    name: str


class Family(NamedTuple):
    """Models that have the same kinds of parts and the same troubles."""

    key: str
    models: tuple[Model, ...]
    parts: tuple[PartKind, ...]


PRINTER = Family(
    "printer",
    (
        Model("BP-200", "台式条码打印机 desktop label printer"),
        Model("BP-300", "工业条码打印机 industrial label printer"),
        Model("BP-450", "宽幅条码打印机 wide label printer"),
    ),
    (
        PartKind("PH", "打印头 print head", tracking="serial"),
        PartKind("RL", "胶辊 platen roller"),
        PartKind("CT", "切刀 cutter"),
        PartKind("SE", "标签传感器 label sensor"),
        PartKind("BT", "传动皮带 drive belt", "条"),
        PartKind("PW", "电源板 power board", "块"),
        PartKind("NW", "网卡 network card", "块"),
        PartKind("RB", "碳带轴 ribbon spindle"),
        PartKind("DR", "前盖 front door"),
        PartKind("CK", "清洁套件 cleaning kit", "套", "lot"),
    ),
)
DISPLAY = Family(
    "display",
    (
        Model("LW-P2", "室内LED显示屏 indoor LED wall"),
        Model("LW-P4", "半户外LED显示屏 semi-outdoor LED wall"),
        Model("LW-P6", "户外LED显示屏 outdoor LED wall"),
    ),
    (
        PartKind("MD", "LED模组 LED module", "块", "lot"),
        PartKind("RC", "接收卡 receiving card", "块"),
        PartKind("SC", "发送盒 sending box", "台", "serial"),
        PartKind("PS", "开关电源 power supply"),
        PartKind("FC", "排线 flat cable", "根"),
        PartKind("FN", "风扇 fan"),
        PartKind("HB", "转接板 hub board", "块"),
        PartKind("BR", "亮度探头 light sensor"),
        PartKind("MG", "磁吸件 magnet mount"),
        PartKind("SL", "密封条 gasket", "米"),
    ),
)
SERVER = Family(
    "server",
    (
        Model("RS-120", "机架服务器 rack server"),
        Model("NS-48", "网络交换机 network switch"),
        Model("UP-3K", "不间断电源 UPS"),
    ),
    (
        PartKind("MB", "主板 main board", "块", "serial"),
        PartKind("PU", "电源模块 power module"),
        PartKind("FN", "风扇组 fan tray", "组"),
        PartKind("DK", "硬盘 disk", "块", "serial"),
        PartKind("MM", "内存 memory", "条"),
        PartKind("BA", "电池 battery", "节", "lot"),
        PartKind("OP", "光模块 optical module"),
        PartKind("CB", "线缆 cable", "根"),
        PartKind("RK", "导轨 rail kit", "副"),
        PartKind("FT", "滤网 dust filter", "片"),
    ),
)
CLASSROOM = Family(
    "classroom",
    (
        Model("TB-65", "65寸教学一体机 65-inch teaching board"),
        Model("TB-75", "75寸教学一体机 75-inch teaching board"),
        Model("TB-86", "86寸教学一体机 86-inch teaching board"),
    ),
    (
        PartKind("TC", "触控框 touch frame", "套", "serial"),
        PartKind("MB", "主控板 control board", "块"),
        PartKind("BL", "背光条 backlight strip", "条"),
        PartKind("PW", "电源板 power board", "块"),
        PartKind("OP", "电脑模块 PC module", "台"),
        PartKind("SP", "音箱 speaker"),
        PartKind("PN", "触控笔 pen", "支"),
        PartKind("WL", "无线模块 wireless module"),
        PartKind("RC", "遥控器 remote control"),
        PartKind("HD", "视频线 video cable", "根"),
    ),
)
CAMERA = Family(
    "camera",
    (
        Model("CM-40", "枪式摄像机 bullet camera"),
        Model("CM-80", "球型摄像机 dome camera"),
        Model("VR-16", "网络录像机 video recorder"),
    ),
    (
        PartKind("LN", "镜头 lens"),
        PartKind("SB", "主控板 main board", "块", "serial"),
        PartKind("IR", "补光灯板 infrared board", "块"),
        PartKind("PA", "电源适配器 power adapter"),
        PartKind("SG", "防雷器 surge protector"),
        PartKind("GL", "视窗玻璃 window", "片"),
        PartKind("MT", "云台电机 pan motor"),
        PartKind("FB", "光纤收发器 fibre converter", "对"),
        PartKind("DK", "监控硬盘 video disk", "块"),
        PartKind("BX", "防水盒 junction box"),
    ),
)
KIOSK = Family(
    "kiosk",
    (
        Model("KS-10", "自助挂号终端 self-service kiosk"),
        Model("KS-20", "排队叫号机 queue kiosk"),
    ),
    (
        PartKind("TS", "触摸屏 touch screen", "块", "serial"),
        PartKind("TP", "热敏打印模块 thermal printer"),
        PartKind("CR", "读卡器 card reader"),
        PartKind("QR", "扫码窗 code scanner"),
        PartKind("PC", "工控主机 industrial PC", "台"),
        PartKind("PW", "电源 power supply"),
        PartKind("SP", "扬声器 speaker"),
        PartKind("LK", "门锁 door lock", "把"),
        PartKind("FN", "散热风扇 fan"),
        PartKind("PR", "热敏纸 thermal paper", "卷", "lot"),
    ),
)
DESK = Family(
    "desk",
    (
        Model("PC-5", "业务工作站 workstation"),
        Model("PT-7", "收银终端 point of sale"),
        Model("PS-3", "药房终端 pharmacy terminal"),
    ),
    (
        PartKind("MB", "主板 main board", "块", "serial"),
        PartKind("SD", "固态硬盘 solid-state disk", "块"),
        PartKind("MM", "内存 memory", "条"),
        PartKind("PS", "电源 power supply"),
        PartKind("KB", "键盘 keyboard", "把"),
        PartKind("SN", "扫描枪 hand scanner", "把"),
        PartKind("CD", "客显 customer display"),
        PartKind("DW", "钱箱 cash drawer"),
        PartKind("FN", "风扇 fan"),
        PartKind("CL", "纽扣电池 coin cell", "粒", "lot"),
    ),
)
FAMILIES = {
    family.key: family for family in (PRINTER, DISPLAY, SERVER, CLASSROOM, CAMERA, KIOSK, DESK)
}
LOANERS = (
    ("BP-200", "电源 power supply, USB", 5),
    ("PT-7", "电源 power supply, 钱箱线 drawer cable", 4),
    ("NS-48", "电源线 power cord, 导轨 rails", 3),
    ("TB-65", "支架 stand, 触控笔 pen", 3),
)  # model, accessories, how many
