"""What goes wrong, in the customer's words and in the technician's, Chinese and English.

`part` is the suffix of the part that helps, where one does.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """What the customer says, what the technician found, and what they did about it."""

    request: str
    fault: str
    remedy: str


class Ailment(NamedTuple):
    """One trouble of a family."""

    level: str
    part: str | None
    zh: Words
    en: Words

    def words(self, language: str) -> Words:
        return self.en if language == "en" else self.zh


def _one(level: str, part: str | None, *texts: str) -> Ailment:
    return Ailment(level, part, Words(*texts[:3]), Words(*texts[3:]))


AILMENTS = {
    "printer": (
        _one(
            "normal",
            "PH",
            "标签中间有一条白线，扫码枪扫不出来",
            "打印头第 214 点附近断点",
            "更换打印头，校准浓度，试打 50 张全部可扫",
            "White line down every label, scanners reject them",
            "Dead dots in the print head",
            "Print head replaced, darkness calibrated, 50 test labels scan",
        ),
        _one(
            "normal",
            "RL",
            "走纸打滑，标签位置越打越偏",
            "胶辊表面老化发亮",
            "更换胶辊，重新做标签学习",
            "Labels drift further with every print",
            "Platen roller glazed",
            "Roller replaced, label length learned again",
        ),
        _one(
            "urgent",
            "PW",
            "早上开机没有反应，出库全停了",
            "电源板保险熔断，插座零地电压偏高",
            "更换电源板，建议客户检修插座接地",
            "Dead this morning, shipping has stopped",
            "Fuse on the power board blown",
            "Power board replaced; socket earthing to be checked by the customer",
        ),
        _one(
            "minor",
            "SE",
            "经常报缺纸，其实纸还有",
            "标签传感器积灰，增益偏低",
            "更换传感器并清洁纸道",
            "Reports paper out although there is paper",
            "Label sensor dusty and weak",
            "Sensor replaced, paper path cleaned",
        ),
        _one(
            "minor",
            None,
            "打印颜色发灰",
            "浓度设置被改动",
            "恢复浓度 12、速度 4，给操作员讲了设置位置",
            "Print looks grey",
            "Darkness setting had been changed",
            "Settings restored and shown to the operator",
        ),
    ),
    "display": (
        _one(
            "urgent",
            "SC",
            "大屏整屏黑，晚上有活动",
            "发送盒无输出",
            "更换发送盒，恢复配置文件，通电观察 40 分钟",
            "The whole wall is black and there is an event tonight",
            "Sending box has no output",
            "Sending box replaced, configuration restored, watched for 40 minutes",
        ),
        _one(
            "normal",
            "MD",
            "右下角有几块花屏",
            "三块模组受潮虚焊",
            "更换模组，重新校正亮度",
            "A few tiles at the lower right show noise",
            "Modules with damp solder joints",
            "Modules replaced and brightness matched",
        ),
        _one(
            "normal",
            "PS",
            "一列屏隔一会儿就灭",
            "开关电源过热保护",
            "更换电源，清理进风口",
            "One column goes dark from time to time",
            "Power supply shuts down hot",
            "Power supply replaced, air inlet cleaned",
        ),
        _one(
            "minor",
            None,
            "播放的内容偏左，右边有黑边",
            "控制软件窗口位置错误",
            "重设窗口与分辨率，保存为默认方案",
            "Picture sits too far left",
            "Window position wrong in the player",
            "Window and resolution set, saved as default",
        ),
    ),
    "server": (
        _one(
            "urgent",
            "DK",
            "服务器报警，业务系统很慢",
            "阵列一块硬盘掉线，处于降级",
            "更换硬盘，重建完成率 100%，数据核对无误",
            "Server beeps and everything is slow",
            "One disk dropped out of the array",
            "Disk replaced, array rebuilt and checked",
        ),
        _one(
            "urgent",
            "BA",
            "停电时机房直接断了",
            "电池内阻超标，带载不足 1 分钟",
            "更换电池组，做放电测试 12 分钟",
            "A power cut took the server room down",
            "UPS batteries worn out",
            "Batteries replaced, 12 minutes on load in the test",
        ),
        _one(
            "normal",
            "OP",
            "二楼的网络时断时续",
            "上联光模块收光偏低",
            "更换光模块，清洁光纤端面，收光 -6 dBm",
            "The second floor loses its network now and then",
            "Uplink receives too little light",
            "Optical module replaced, fibre ends cleaned",
        ),
        _one(
            "minor",
            "FT",
            "设备声音很大",
            "滤网堵塞，风扇满速",
            "更换滤网，风扇恢复正常转速",
            "It has become very loud",
            "Dust filter blocked, fans at full speed",
            "Filter replaced, fans back to normal",
        ),
        _one(
            "minor",
            None,
            "备份昨晚没有完成",
            "备份盘满，保留份数设置过大",
            "清理过期备份，保留份数改为 14",
            "Last night's backup did not finish",
            "Backup volume full",
            "Old backups removed, 14 are kept from now on",
        ),
    ),
    "classroom": (
        _one(
            "normal",
            "TC",
            "上课时触控没有反应",
            "触控框左侧红外灯失效",
            "更换触控框，九点校准",
            "The board does not react to touch",
            "Infrared row at the left side dead",
            "Touch frame replaced, calibrated on nine points",
        ),
        _one(
            "normal",
            "BL",
            "屏幕一半很暗",
            "背光条烧毁一组",
            "更换背光条，老化 30 分钟正常",
            "Half of the picture is dark",
            "One backlight strip burnt",
            "Strip replaced, ran for 30 minutes",
        ),
        _one(
            "minor",
            "HD",
            "笔记本投不上去",
            "视频线接口松动",
            "更换视频线，固定走线",
            "A laptop cannot be shown",
            "Video socket loose",
            "Cable replaced and fixed",
        ),
        _one(
            "minor",
            None,
            "开机一直转圈",
            "系统更新失败回滚",
            "恢复系统镜像，关闭上课时段自动更新",
            "It keeps loading after being switched on",
            "A failed update rolls back",
            "System restored, no updates during lessons",
        ),
    ),
    "camera": (
        _one(
            "urgent",
            "SB",
            "东侧三号摄像机离线",
            "主控板雷击损坏",
            "更换主控板，加装防雷器，图像恢复",
            "Camera 3 on the east side is offline",
            "Main board hit by lightning",
            "Main board replaced, picture is back",
        ),
        _one(
            "normal",
            "DK",
            "只能查到最近两天的录像",
            "录像机硬盘坏道",
            "更换监控硬盘，录像计划改为全天",
            "Only two days of video are kept",
            "Bad sectors on the recorder's disk",
            "Video disk replaced, records all day again",
        ),
        _one(
            "normal",
            "IR",
            "夜里画面发黑",
            "补光灯板失效",
            "更换补光灯板，夜间图像清晰",
            "Dark picture at night",
            "Infrared board failed",
            "Board replaced, clear at night",
        ),
        _one(
            "minor",
            "GL",
            "画面模糊",
            "视窗玻璃起雾有划痕",
            "更换视窗玻璃并重新密封",
            "Blurred picture",
            "Window fogged and scratched",
            "Window replaced and sealed",
        ),
    ),
    "kiosk": (
        _one(
            "urgent",
            "TS",
            "自助机点不动，窗口排长队",
            "触摸屏一角碎裂",
            "更换触摸屏并校准",
            "Kiosk does not react, people queue at the counter",
            "Touch screen cracked at a corner",
            "Touch screen replaced and calibrated",
        ),
        _one(
            "normal",
            "TP",
            "凭条打一半就停",
            "热敏打印模块切刀卡滞",
            "更换打印模块，连打 30 张正常",
            "Slips stop halfway",
            "Cutter of the printer jams",
            "Printer replaced, 30 slips in a row",
        ),
        _one(
            "normal",
            "CR",
            "社保卡读不出来",
            "读卡器触点磨损",
            "更换读卡器，三种卡测试通过",
            "Cards are not read",
            "Contacts of the reader worn",
            "Card reader replaced, three cards tested",
        ),
        _one(
            "minor",
            None,
            "叫号声音太小",
            "音量被调到 20%",
            "音量调至 70%，锁定设置",
            "Announcements are too quiet",
            "Volume had been set to 20%",
            "Volume set to 70% and locked",
        ),
    ),
    "desk": (
        _one(
            "urgent",
            "MB",
            "收银机蓝屏，无法结账",
            "主板电容鼓包",
            "更换主板，恢复收银系统与数据",
            "Till shows a blue screen, nobody can pay",
            "Capacitors on the main board swollen",
            "Main board replaced, till restored",
        ),
        _one(
            "normal",
            "SD",
            "开机要十几分钟",
            "硬盘读写错误增多",
            "更换固态硬盘，系统迁移完成",
            "Takes ten minutes to start",
            "Disk errors increasing",
            "Solid-state disk replaced, system moved",
        ),
        _one(
            "normal",
            "SN",
            "扫描枪经常连读两次",
            "扳机弹片失效",
            "更换扫描枪，设置同码间隔",
            "Scanner reads everything twice",
            "Trigger spring worn",
            "Scanner replaced",
        ),
        _one(
            "minor",
            "CL",
            "每次开机时间都不对",
            "主板电池电压 2.1 V",
            "更换纽扣电池，校准时间",
            "Clock is wrong after every start",
            "Coin cell down to 2.1 V",
            "Coin cell replaced, clock set",
        ),
        _one(
            "minor",
            None,
            "小票抬头是旧店名",
            "票据模板未更新",
            "修改模板并打印样张确认",
            "Receipts show the old name",
            "Receipt template outdated",
            "Template changed, sample printed",
        ),
    ),
}

INSPECTION = _one(
    "minor",
    None,
    "季度巡检",
    "运行正常，积灰",
    "清洁除尘，紧固接线，功能测试通过",
    "Quarterly inspection",
    "Works, some dust",
    "Cleaned, terminals tightened, functions tested",
)
