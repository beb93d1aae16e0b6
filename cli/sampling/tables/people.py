"""Who works there, and the words of which customers' names are made."""

from typing import NamedTuple

from models.people import Role


class Area(NamedTuple):
    """A territory and the invented city in it."""

    code: str
    name: str
    tier: str
    city: str


class Member(NamedTuple):
    """A member of staff: log-in, full name, what they do, where, and in which language."""

    name: str
    full_name: str
    role: Role
    area: int | None
    language: str = "zh"


AREAS = (
    Area("SL", "松岚 Songlan", "local", "松岚市"),
    Area("WC", "望川 Wangchuan", "nearby", "望川市"),
    Area("QY", "青屿 Qingyu", "remote", "青屿市"),
)

TECHNICIANS = (
    Member("lin.yue", "林越", Role.TECHNICIAN, 0),
    Member("zhou.heng", "周恒", Role.TECHNICIAN, 1),
    Member("ma.tingting", "马婷婷", Role.TECHNICIAN, 2),
    Member("tom.becker", "Tom Becker", Role.TECHNICIAN, 0, "en"),
    Member("qiao.nan", "乔楠", Role.TECHNICIAN, 1),
    Member("he.jianguo", "何建国", Role.TECHNICIAN, 2),
    Member("shen.an", "沈安", Role.TECHNICIAN, 0),
    Member("luo.xiaobei", "罗小北", Role.TECHNICIAN, 1),
    Member("priya.nair", "Priya Nair", Role.TECHNICIAN, 2, "en"),
    Member("deng.feng", "邓峰", Role.TECHNICIAN, 0),
    Member("xie.wanqing", "谢晚晴", Role.TECHNICIAN, 0),
    Member("pan.lei", "潘磊", Role.TECHNICIAN, 1),
)

OFFICE = (
    Member("fang.min", "方敏", Role.DISPATCHER, 0),
    Member("ann.keller", "Ann Keller", Role.DISPATCHER, 1, "en"),
    Member("gao.ning", "高宁", Role.DISPATCHER, 2),
    Member("wei.dong", "魏东", Role.WAREHOUSE, 0),
    Member("su.li", "苏丽", Role.WAREHOUSE, 1),
)

SURNAMES = "王李张刘陈杨黄赵吴徐孙朱胡郭曹彭曾田蒋蔡余杜"
GIVEN_NAMES = (
    "海燕", "志强", "雅婷", "文博", "秀兰", "国栋", "思远", "玉梅", "浩然", "晓东",
    "佳琪", "建平", "雪", "凯", "丽娜", "永", "雨桐", "振华",
)  # fmt: skip
TITLES = ("主任", "老师", "经理", "科长", "工程师", "店长")
ENGLISH_GIVEN = ("Clara", "Owen", "Mina", "Felix", "Ruth", "Samir", "Helen", "Victor", "Joan")
ENGLISH_FAMILY = ("Ashdown", "Marlow", "Ferreira", "Lindqvist", "Okafor", "Brandt", "Costello")

STREETS = ("梧桐路", "学府路", "滨河大道", "码头街", "新安路", "云台路", "纺织巷", "南环路")
ACCESS_NOTES = (
    "",
    "",
    "从南门进，车停地下一层",
    "门岗登记，带身份证",
    "机房在三层，找值班人员开门",
    "12:00-13:30 午休，请避开",
)
ACCESS_NOTES_ENGLISH = (
    "",
    "Sign in at the gate; lift key at reception",
    "Loading bay on the east side, mind the forklifts",
)
