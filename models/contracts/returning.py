"""What an agreement says of what a customer sends back: who bears which cost, as what it may be
permitted and what is needed before, and until when the case can be claimed. Pure functions."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from models.contracts.calendar import Ground
from models.contracts.plan import Plan, Rule
from models.tables.kinds import Words

SECTION = "returns"
CASES = {
    "dead_on_arrival": Words("dead on arrival", "开箱不良"),
    "quality": Words("quality defect", "品质不良"),
    "in_warranty": Words("in warranty", "保内"),
    "out_of_warranty": Words("out of warranty", "保外"),
    "special": Words("special", "特殊"),
}
BORNE = {
    "repair": Words("the repair", "维修费用"),
    "parts": Words("refurbishing parts", "翻新配件费"),
    "back": Words("freight back to us", "返回运费"),
    "out": Words("freight to the customer", "发出运费"),
}
BEARERS = {
    "company": Words("the company", "本公司"),
    "customer": Words("the customer", "客户"),
    "supplier": Words("the supplier, freight collect", "供应商（运费到付）"),
}
ENDS = {
    "repair": Words("repair", "维修"),
    "exchange": Words("exchange", "换货"),
    "return": Words("return", "退货"),
    "supplier": Words("straight to the supplier", "直送供应商"),
}
NEEDS = {
    "repair": Words("a repair that was tried", "已先行维修"),
    "verdict": Words("the verdict of our technician", "本公司技术人员确认"),
    "list": Words("a return list", "退货清单"),
}
SHOWN_BY = {
    "receipt_slip": Words("product receipt slip", "产品回执单"),
    "invoice": Words("sales invoice", "销售发票"),
    "inspection": Words("inspection on receipt", "开箱检验记录"),
    "photo": Words("photo", "照片"),
    "other": Words("other", "其他"),
}


class Borne(NamedTuple):
    """Who bears a cost, and the rule that says so."""

    what: str
    by: str
    rule: Rule


class ReturnTerms(NamedTuple):
    """What holds of one return: all its rules; who bears which cost, as what it may end, what is
    needed before, what shows the day, and the term that runs from it."""

    rules: tuple[Rule, ...]
    borne: tuple[Borne, ...]
    ends: tuple[str, ...]
    needs: tuple[tuple[str, Rule], ...]
    shown_by: tuple[str, ...]
    term: str | None


class Window(NamedTuple):
    """The days on which the case can be claimed, by which clause."""

    first: date
    last: date
    clause: str
    says: Words


def terms_of(plan: Plan, case: str, goods: str | None) -> ReturnTerms:
    """What the plan says of such a return. Of several rules that say the same thing the first
    holds; an agreement that is silent leaves everything open."""
    rules = tuple(
        rule
        for rule in plan.rules
        if rule.section == SECTION
        and case in rule.more.get("cases", CASES)
        and rule.more.get("goods") in (None, goods)
    )
    borne = {
        what: Borne(what, by, rule)
        for rule in reversed(rules)
        for what, by in rule.more.get("bears", {}).items()
    }
    return ReturnTerms(
        rules=rules,
        borne=tuple(borne[what] for what in BORNE if what in borne),
        ends=_first(rules, "ends") or tuple(ENDS),
        needs=tuple((need, rule) for rule in rules for need in rule.more.get("needs", ())),
        shown_by=_first(rules, "shown_by"),
        term=next((rule.more["within"] for rule in rules if "within" in rule.more), None),
    )


def _first(rules: Sequence[Rule], name: str) -> tuple[str, ...]:
    return next((tuple(rule.more[name]) for rule in rules if name in rule.more), ())


def goods_of(plan: Plan) -> list[str]:
    """What the plan tells apart among what is sent back."""
    named = (rule.more.get("goods") for rule in plan.rules if rule.section == SECTION)
    return sorted({name for name in named if name is not None})


def window_of(plan: Plan, term: str | None, since: date | None, ground: Ground) -> Window | None:
    """When the case can be claimed that began on that day; None where the plan sets no term, or
    nobody knows since when."""
    if term is None or since is None:
        return None
    agreed = plan.terms[term]
    first, last = agreed.days(since, ground.hours(plan.week(agreed.counts)))
    return Window(first, last, agreed.clause, agreed.says)
