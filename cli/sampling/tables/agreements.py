"""Which customers have signed what: contracts over the plans in `plans/`."""

from collections.abc import Mapping
from typing import NamedTuple

LEVELS_OF_SOFTWARE = {"urgent": "level_1", "normal": "level_3", "minor": "level_4"}
LEVELS_OF_SERVERS = {"urgent": "critical", "normal": "important", "minor": "ordinary"}


class Signed(NamedTuple):
    """A contract: whose, by number in the table of customers, and over which plan.

    It holds for the machines of a `family`, or for all. `dates` are days before the books begin.
    `levels` are the plan's words for the level of a fault. A `swift` one promises help on the same
    day, so the customer calls early, and somebody goes at once.
    """

    customer: int
    plan: str
    family: str | None = None
    dates: Mapping[str, int] = {}
    parameters: Mapping[str, int | str] = {}
    fixed: Mapping[str, str] = {}
    levels: Mapping[str, str] = {}
    swift: bool = False


SIGNED = (
    Signed(0, "phased-rollout-software", dates={"activated": 100}),
    Signed(0, "barcode-printer", "printer", {"paid": 240}, swift=True),  # beside the one above
    Signed(1, "hospital-software", dates={"free_began": 90}, swift=True),
    Signed(2, "mgmt-system-72h", dates={"accepted": 320}, parameters={"counts": "service"}),
    Signed(3, "classroom-electronics", dates={"free_began": 150}),
    Signed(4, "classroom-electronics", dates={"free_began": 500}),
    Signed(6, "monitoring-centre", dates={"accepted": 120}, swift=True),
    Signed(7, "barcode-printer", "printer", {"paid": 60}, swift=True),
    Signed(8, "network-servers", "server", {"accepted": 30, "maker_warranty_began": 45},
           levels=LEVELS_OF_SERVERS, swift=True),
    Signed(9, "it-onsite-maintenance", parameters={"check_day": "wed"}),
    Signed(10, "pharmacy-software", dates={"purchased": 80}, fixed={"stage": "live"}),
    Signed(13, "pm-software", dates={"guarantee_began": 300}, levels=LEVELS_OF_SOFTWARE,
           parameters={"free_months": 24, "arrival_level_1": 8, "arrival_level_2": 24,
                       "arrival_level_3": 72, "arrival_level_4": 120}),
    Signed(14, "monitoring-centre", dates={"accepted": 400}, swift=True),
    Signed(18, "product-pledge-3wd"),
    Signed(19, "project-12-months", dates={"final_acceptance": 100}),
    Signed(20, "led-display", parameters={"free_months": 24}, dates={"final_acceptance": 260}),
)  # fmt: skip
