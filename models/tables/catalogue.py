"""The tables that can be imported and exported. A new one is one description here."""

from decimal import Decimal

from sqlalchemy import String, cast, join, outerjoin, select

from models.contracts.rows import Contract, ServicePlan
from models.customers import Asset, Customer, Site
from models.house import COMPANY_ZONE
from models.kept import KEPT
from models.loaners.rows import Loaner
from models.people import Role, Territory
from models.stock.demand import StockLevel
from models.stock.rows import PHYSICAL, Balance, Part, Place
from models.tables import limits
from models.tables.description import Column, Reference, Table
from models.tables.kinds import Amount, Choice, Day, Level, Pairs, Serial, Text, Words, Zone

DESK = (Role.DISPATCHER, Role.SUPERVISOR)
STORE = (Role.WAREHOUSE, Role.SUPERVISOR)

ZERO = Decimal("0.000")  # as the books keep it

NAME = Text(limits.name_length_max)
SERIAL = Serial(limits.name_length_max)
NOTE = Text(limits.text_length_max)
TRACKING = Choice(
    {
        "none": Words("none", "无"),
        "lot": Words("lot", "批次"),
        "serial": Words("serial", "序列号"),
    }
)

CUSTOMERS_BY_CODE = select(Customer.code, Customer.id)
SITES_BY_NAME = select(Customer.code, Site.name, Site.id).join_from(Site, Customer)
TERRITORIES_BY_CODE = select(Territory.code, Territory.id)

CUSTOMERS = Table(
    name="customers",
    title=Words("Customers", "客户"),
    means=Words("Whom we serve; dealers are customers too.", "服务对象，经销商也是客户。"),
    row=Customer,
    rows=Customer,
    writers=DESK,
    kept=KEPT["customers"],
    columns=(
        Column(
            "code", Words("customer code", "客户编号"),
            Words("The company's own number of the customer.", "公司内部的客户编号。"),
            Words("C-1001", "C-1001"), NAME, Customer.code, key=True,
        ),
        Column(
            "name", Words("customer name", "客户名称"),
            Words("The name as it stands on documents.", "单据上使用的名称。"),
            Words("Eastern Hospital", "东方医院"), NAME, Customer.name,
        ),
    ),
)  # fmt: skip

SITES = Table(
    name="sites",
    title=Words("Sites", "现场"),
    means=Words("Where customers are served.", "客户的服务地点。"),
    row=Site,
    rows=outerjoin(join(Site, Customer), Territory, Territory.id == Site.territory_id),
    writers=DESK,
    kept=KEPT["sites"],
    references=(
        Reference("customer_id", ("customer",), (CUSTOMERS_BY_CODE,)),
        Reference("territory_id", ("territory",), (TERRITORIES_BY_CODE,)),
    ),
    columns=(
        Column(
            "customer", Words("customer code", "客户编号"),
            Words("Whose site it is.", "现场所属的客户。"),
            Words("C-1001", "C-1001"), NAME, Customer.code, key=True,
        ),
        Column(
            "name", Words("site name", "现场名称"),
            Words("Tells the customer's sites apart.", "区分同一客户的各个现场。"),
            Words("Outpatient building", "门诊楼"), NAME, Site.name, key=True,
        ),
        Column(
            "address", Words("address", "地址"),
            Words("Where to go.", "前往的地点。"),
            Words("1 Yan'an Road, Shanghai", "上海市延安路 1 号"), NAME, Site.address,
        ),
        Column(
            "zone", Words("time zone", "时区"),
            Words(f"In which its dates are counted; {COMPANY_ZONE} where it is empty.",
                  f"该现场日期所用的时区；空白即 {COMPANY_ZONE}。"),
            Words("Asia/Shanghai", "Asia/Shanghai"), Zone(), Site.zone,
            required=False, default=COMPANY_ZONE,
        ),
        Column(
            "territory", Words("territory code", "区域编号"),
            Words("The area of service to which it belongs.", "所属的服务区域。"),
            Words("", ""), NAME, Territory.code, required=False,
        ),
        Column(
            "access_notes", Words("access notes", "进场说明"),
            Words("How one gets in.", "如何进入现场。"),
            Words("South gate, ask for the keys", "从南门进，领取钥匙"), NOTE, Site.access_notes,
            required=False, default="",
        ),
    ),
)  # fmt: skip

ASSETS = Table(
    name="assets",
    title=Words("Assets", "设备"),
    means=Words("The devices that stand at the sites.", "现场安装的设备。"),
    row=Asset,
    rows=join(join(Asset, Site, Site.id == Asset.site_id), Customer),
    writers=DESK,
    kept=KEPT["assets"],
    references=(
        Reference("site_id", ("customer", "site"), (CUSTOMERS_BY_CODE, SITES_BY_NAME)),
    ),
    columns=(
        Column(
            "model", Words("model", "型号"), Words("The maker's model.", "制造商的型号。"),
            Words("BP-200", "BP-200"), NAME, Asset.model, key=True,
        ),
        Column(
            "serial", Words("serial number", "序列号"),
            Words("The maker's number of the piece.", "制造商的机身编号。"),
            Words("A-000123", "A-000123"), SERIAL, Asset.serial, key=True,
        ),
        Column(
            "name", Words("asset name", "设备名称"),
            Words("What people call it.", "通常的叫法。"),
            Words("label printer", "条码打印机"), NAME, Asset.name,
        ),
        Column(
            "customer", Words("customer code", "客户编号"),
            Words("At whose site it stands.", "设备所在现场的客户。"),
            Words("C-1001", "C-1001"), NAME, Customer.code,
        ),
        Column(
            "site", Words("site name", "现场名称"),
            Words("At which of the customer's sites.", "设备所在的现场。"),
            Words("Outpatient building", "门诊楼"), NAME, Site.name,
        ),
        Column(
            "installed", Words("installed", "安装日期"),
            Words("Since when it stands there.", "设备的安装日期。"),
            Words("2026-11-22", "2026-11-22"), Day(), Asset.installed, required=False,
        ),
    ),
)  # fmt: skip

PARTS = Table(
    name="parts",
    title=Words("Parts", "备件"),
    means=Words("The catalogue of spare parts.", "备件目录。"),
    row=Part,
    rows=Part,
    writers=STORE,
    kept=KEPT["parts"],
    columns=(
        Column(
            "code", Words("part code", "备件编号"), Words("The part's number.", "备件的编号。"),
            Words("R-100", "R-100"), NAME, Part.code, key=True,
        ),
        Column(
            "name", Words("part name", "备件名称"), Words("What it is.", "备件的名称。"),
            Words("rubber roller", "胶辊"), NAME, Part.name,
        ),
        Column(
            "unit", Words("unit", "单位"),
            Words("In what it is counted; pc where it is empty.", "计量单位；空白即 pc。"),
            Words("pc", "只"), NAME, Part.unit, required=False, default="pc",
        ),
        Column(
            "tracking", Words("tracking", "追踪方式"),
            Words("Whether each piece has its number, or each lot; none where it is empty. "
                  "It stays as it is once stock is booked.",
                  "按序列号、按批次或不追踪；空白即不追踪。有库存记录后不能更改。"),
            Words("none", "无"), TRACKING, Part.tracking, required=False, default="none",
        ),
    ),
)  # fmt: skip

STOCK = Table(
    name="stock",
    title=Words("Stock", "库存"),
    means=Words("What lies where when the books are opened.", "开账时各库位的库存。"),
    row=Balance,
    rows=join(join(Balance, Place, Place.id == Balance.place_id), Part),
    writers=STORE,
    where=(Balance.quantity > 0, Place.kind.in_(PHYSICAL)),
    columns=(
        Column(
            "place", Words("place code", "库位编号"),
            Words("The warehouse, van or store.", "仓库、服务车或其他库位。"),
            Words("main", "main"), NAME, Place.code, key=True,
        ),
        Column(
            "part", Words("part code", "备件编号"), Words("What lies there.", "存放的备件。"),
            Words("R-100", "R-100"), NAME, Part.code, key=True,
        ),
        Column(
            "lot", Words("lot", "批次"),
            Words("Of which lot; only where the part is tracked by lot.",
                  "批次号；仅用于按批次追踪的备件。"),
            Words("", ""), NAME, Balance.lot, key=True, required=False,
        ),
        Column(
            "serial", Words("serial number", "序列号"),
            Words("Which piece; only where the part is tracked by serial number.",
                  "序列号；仅用于按序列号追踪的备件。"),
            Words("", ""), SERIAL, Balance.serial, key=True, required=False,
        ),
        Column(
            "quantity", Words("quantity", "数量"),
            Words("How much lies there; 1 for a piece.", "库存数量；有序列号的为 1。"),
            Words("12", "12"), Amount(), Balance.quantity,
        ),
    ),
)  # fmt: skip

LEVELS = Table(
    name="levels",
    title=Words("Levels", "库存上下限"),
    means=Words("On which shelf a part lies at a place, and between which levels it is kept.",
                "备件在各库位的货架及库存上下限。"),
    row=StockLevel,
    rows=join(join(StockLevel, Place), Part),
    writers=STORE,
    kept=KEPT["levels"],
    references=(
        Reference("place_id", ("place",), (select(Place.code, Place.id),)),
        Reference("part_id", ("part",), (select(Part.code, Part.id),)),
    ),
    columns=(
        Column(
            "place", Words("place code", "库位编号"), Words("Where it is kept.", "存放的库位。"),
            Words("van-3", "van-3"), NAME, Place.code, key=True,
        ),
        Column(
            "part", Words("part code", "备件编号"), Words("What is kept there.", "存放的备件。"),
            Words("R-100", "R-100"), NAME, Part.code, key=True,
        ),
        Column(
            "shelf", Words("shelf", "货架"), Words("Where at the place.", "在库位中的位置。"),
            Words("A-03-2", "A-03-2"), NOTE, StockLevel.shelf, required=False, default="",
        ),
        Column(
            "least", Words("least", "下限"),
            Words("Below it the part is ordered; 0 where it is empty.",
                  "低于下限即建议补货；空白即 0。"),
            Words("2", "2"), Level(), StockLevel.least, required=False, default=ZERO,
        ),
        Column(
            "most", Words("most", "上限"),
            Words("Up to which it is ordered; 0 where it is empty.", "补货至上限；空白即 0。"),
            Words("6", "6"), Level(), StockLevel.most, required=False, default=ZERO,
        ),
    ),
)  # fmt: skip

LOANERS = Table(
    name="loaners",
    title=Words("Loaners", "备用机"),
    means=Words("Our devices that customers get meanwhile.", "借给客户临时使用的设备。"),
    row=Loaner,
    rows=Loaner,
    writers=STORE,
    kept=KEPT["loaners"],
    columns=(
        Column(
            "model", Words("model", "型号"), Words("The maker's model.", "制造商的型号。"),
            Words("BP-100", "BP-100"), NAME, Loaner.model, key=True,
        ),
        Column(
            "serial", Words("serial number", "序列号"),
            Words("The maker's number of the piece.", "制造商的机身编号。"),
            Words("L-0007", "L-0007"), SERIAL, Loaner.serial, key=True,
        ),
        Column(
            "accessories", Words("accessories", "附件"),
            Words("What goes with it.", "随机附件。"),
            Words("power supply, cable", "电源、数据线"), NOTE, Loaner.accessories,
            required=False, default="",
        ),
    ),
)  # fmt: skip

PLANS_BY_VERSION = (
    select(ServicePlan.name, ServicePlan.id),
    select(ServicePlan.name, cast(ServicePlan.version, String), ServicePlan.id),
)

CONTRACTS = Table(
    name="contracts",
    title=Words("Contracts", "服务合同"),
    means=Words("What was agreed with whom. One of a single site or asset is made over HTTP.",
                "与客户的服务合同；只针对某一现场或设备的合同通过接口录入。"),
    row=Contract,
    rows=join(join(Contract, Customer), ServicePlan),
    writers=(Role.SUPERVISOR,),
    kept=KEPT["contracts"],
    references=(
        Reference("customer_id", ("customer",), (CUSTOMERS_BY_CODE,)),
        Reference("plan_id", ("plan", "version"), PLANS_BY_VERSION),
    ),
    columns=(
        Column(
            "code", Words("contract code", "合同编号"),
            Words("The contract's number.", "合同的编号。"),
            Words("K-2026-01", "K-2026-01"), NAME, Contract.code, key=True,
        ),
        Column(
            "customer", Words("customer code", "客户编号"),
            Words("With whom it was made.", "签约客户。"),
            Words("C-1001", "C-1001"), NAME, Customer.code,
        ),
        Column(
            "plan", Words("plan", "服务方案"),
            Words("The service plan's name.", "服务方案的名称。"),
            Words("crm-annual-fee", "crm-annual-fee"), NAME, ServicePlan.name,
        ),
        Column(
            "version", Words("plan version", "方案版本"),
            Words("Which version of the plan.", "服务方案的版本。"),
            Words("1", "1"), NAME, cast(ServicePlan.version, String),
        ),
        Column(
            "starts", Words("from", "起始日期"), Words("The first day.", "合同首日。"),
            Words("2026-01-01", "2026-01-01"), Day(), Contract.starts,
        ),
        Column(
            "ends", Words("until", "终止日期"),
            Words("The last day; empty where it goes on.", "合同末日；空白即长期有效。"),
            Words("2026-12-31", "2026-12-31"), Day(), Contract.ends, required=False,
        ),
        Column(
            "parameters", Words("blanks", "填空项"),
            Words("What the plan leaves blank.", "服务方案留空、由合同填写的内容。"),
            Words("local_hours=4; out_of_town_days=2", "local_hours=4; out_of_town_days=2"),
            Pairs(), Contract.parameters, required=False, default={},
        ),
        Column(
            "dates", Words("dates", "日期"),
            Words("With what terms begin.", "各期限的起算日期。"),
            Words("sold=2025-05-20", "sold=2025-05-20"),
            Pairs(numbers=False), Contract.dates, required=False, default={},
        ),
        Column(
            "fixed", Words("in every case", "固定情形"),
            Words("What is so in every case, such as the stage.", "固定不变的情形，如项目阶段。"),
            Words("tier=local", "tier=local"),
            Pairs(numbers=False), Contract.fixed, required=False, default={},
        ),
    ),
)  # fmt: skip

TABLES = {
    table.name: table
    for table in (CUSTOMERS, SITES, ASSETS, PARTS, STOCK, LEVELS, LOANERS, CONTRACTS)
}
