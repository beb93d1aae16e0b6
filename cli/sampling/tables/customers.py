"""Sixty invented customers: name, language, area, and the kinds of equipment that stand there."""

from typing import NamedTuple

from cli.sampling.tables.people import AREAS


class Client(NamedTuple):
    """A customer; `families` are keys of the equipment table, `places` their sites."""

    name: str
    area: int
    families: str
    places: tuple[str, ...]
    language: str = "zh"


HOSPITAL, SCHOOL, SHOP, STORE, ROAD, OFFICE, WORKS = (
    "kiosk printer desk",
    "classroom server",
    "desk printer",
    "printer server camera",
    "camera display server",
    "server desk display",
    "printer camera desk",
)
HOSPITAL_PLACES, SCHOOL_PLACES = ("门诊楼", "住院部"), ("教学楼", "实验楼")
SHOP_PLACES, STORE_PLACES = ("门店", "二店"), ("一号库", "分拣中心")
ROAD_PLACES, OFFICE_PLACES, WORKS_PLACES = ("监控中心", "收费站"), ("办公楼",), ("一车间", "仓储区")


def _here(name: str, area: int, kind: str, places: tuple[str, ...]) -> Client:
    return Client(AREAS[area].city.removesuffix("市") + name, area, kind, places)


CUSTOMERS = (
    _here("第一人民医院", 0, HOSPITAL, HOSPITAL_PLACES),
    _here("第一人民医院", 1, HOSPITAL, HOSPITAL_PLACES),
    _here("中心医院", 2, HOSPITAL, HOSPITAL_PLACES),
    Client("Harbourlight International School", 0, SCHOOL, ("Main building", "Library"), "en"),
    _here("实验小学", 1, SCHOOL, SCHOOL_PLACES),
    _here("第三中学", 2, SCHOOL, SCHOOL_PLACES),
    _here("智慧高速运营公司", 0, ROAD, ROAD_PLACES),
    _here("快线物流", 1, STORE, STORE_PLACES),
    _here("海港货运", 2, STORE, STORE_PLACES),
    Client("Nordvik Tools (Songlan)", 0, WORKS, ("Plant 1", "Warehouse"), "en"),
    Client("禾木连锁药房", 1, SHOP, SHOP_PLACES),
    Client("蓝帆超市", 2, SHOP, SHOP_PLACES),
    _here("妇幼保健院", 0, HOSPITAL, HOSPITAL_PLACES),
    _here("职业技术学院", 1, SCHOOL, SCHOOL_PLACES),
    _here("跨海大桥管理处", 2, ROAD, ROAD_PLACES),
    Client("远帆仓储", 0, STORE, STORE_PLACES),
    Client("Cedar & Finch Logistics", 1, STORE, ("Hub", "Cold store"), "en"),
    Client("潮汐食品", 2, WORKS, WORKS_PLACES),
    _here("政务服务中心", 0, "kiosk display server", OFFICE_PLACES),
    Client("云杉软件", 1, OFFICE, OFFICE_PLACES),
    _here("图书馆", 2, "kiosk server desk", OFFICE_PLACES),
    Client("百穗农贸", 0, SHOP, SHOP_PLACES),
    Client("明川纺织", 1, WORKS, WORKS_PLACES),
    Client("Qingyu Marine Supplies", 2, STORE, ("Quay 4",), "en"),
    _here("外国语学校", 0, SCHOOL, SCHOOL_PLACES),
    _here("中医院", 1, HOSPITAL, HOSPITAL_PLACES),
    Client("星渚酒店", 2, OFFICE, ("大堂", "客房中心")),
    Client("启明电子", 0, WORKS, WORKS_PLACES),
    _here("公共交通集团", 1, ROAD, ("调度中心", "枢纽站")),
    _here("渔业合作社", 2, SHOP, SHOP_PLACES),
    Client("Alder Lane Clinic", 0, HOSPITAL, ("Reception",), "en"),
    Client("石榴书店", 1, SHOP, SHOP_PLACES),
    _here("第二小学", 2, SCHOOL, SCHOOL_PLACES),
    Client("大成五金", 0, SHOP, SHOP_PLACES),
    Client("望川水务", 1, OFFICE, OFFICE_PLACES),
    Client("青屿机场配餐", 2, STORE, STORE_PLACES),
    _here("社区卫生服务中心", 0, HOSPITAL, ("门诊",)),
    Client("Brightwater Dairy", 1, WORKS, ("Filling line", "Cold store"), "en"),
    Client("灯塔影城", 2, "display kiosk server", ("影厅",)),
    _here("物流园管委会", 0, ROAD, ("值班室",)),
    Client("望川乳业", 1, WORKS, WORKS_PLACES),
    Client("青屿种苗站", 2, OFFICE, OFFICE_PLACES),
    Client("白鹭家居", 0, SHOP, SHOP_PLACES),
    _here("科技馆", 1, "display classroom server", ("展厅",)),
    Client("Tidewater Boatyard", 2, WORKS, ("Yard",), "en"),
    _here("体育中心", 0, "display camera", ("主馆",)),
    Client("金柚商贸", 1, SHOP, SHOP_PLACES),
    _here("幼儿师范学校", 2, SCHOOL, SCHOOL_PLACES),
    Client("恒泽检测", 0, OFFICE, OFFICE_PLACES),
    _here("口腔医院", 1, HOSPITAL, ("门诊楼",)),
    Client("Pelican Freight (Qingyu)", 2, STORE, ("Depot",), "en"),
    Client("和光印务", 0, WORKS, WORKS_PLACES),
    _here("开发区管委会", 1, OFFICE, OFFICE_PLACES),
    Client("海盐便利", 2, SHOP, SHOP_PLACES),
    _here("老年大学", 0, SCHOOL, ("教学楼",)),
    Client("Wren Street Pharmacy", 1, SHOP, ("Shop",), "en"),
    _here("广播电视台", 2, "display server camera", ("演播楼",)),
    Client("四方汽配", 0, STORE, STORE_PLACES),
    Client("望川矿山机械", 1, WORKS, WORKS_PLACES),
    _here("海关查验场", 2, "camera kiosk", ("查验区",)),
)
