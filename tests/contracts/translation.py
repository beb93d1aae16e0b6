"""The independent reader's words in the words of plans. No figure of any plan stands here.

The reader worked from the agreements alone, and named things as they came.
"""

from typing import Any

KINDS = {
    "other:plan": "plan",
    "other:proposal": "plan",
    "other:set_out": "departure",
    "other:replacement": "replacement",
    "other:form_sent": "form",
    "other:receipt_card": "form",
    "other:ship": "shipment",
    "other:ship_notice": "notice",
    "other:assessment_notice": "notice",
    "other:change_notice": "notice",
    "other:monthly_report": "report",
    "other:assign": "assignment",
    "other:duty_ready": "readiness",
    "other:roster": "roster",
    "other:loan_return": "loan_return",
}
# Where a plan promises the same under another name.
KINDS_HERE = {
    ("led-display", "resolution"): "repair",
    ("vip-feedback-desk.9", "reply"): "notice",
    ("project-12-months.10", "reply"): "plan",
    ("project-60-months.10", "reply"): "plan",
    # Where two clauses hold, the earlier one is meant: that the system runs again.
    ("project-60-months.12", "resolution"): "restore",
}

TERMS = {
    "barcode-printer.4": "free",
    "barcode-printer.5": "print_head",
    "classroom-electronics.6": "free",
    "crm-annual-fee.1": "first_year",
    "dongle-software.7": "dongle",
    "equipment-supply.4": "exchange",
    "hospital-software.3": "free",
    "it-onsite-maintenance.19": "new_parts",
    "mgmt-system-72h.2": "free",
    "monitoring-centre.2": "free",
    "monitoring-centre.11": "at_cost",
    "network-servers.5": "maker",
    "network-servers.6": "free",
    "network-servers.7": "at_cost",
    "pharmacy-software.4": "hardware",
    "phased-rollout-software.4": "hardware",
    "pc-three-guarantees.15": "repaired_part",
    "web-shop-24h.8": "first_year",
    "parts-dealer.19": "warranty",
    "parts-dealer.20": "dead_on_arrival",
    "parts-dealer.21": "quality_defect",
    "pc-three-guarantees.3": "return",
    "pc-three-guarantees.4": "exchange",
    "pc-three-guarantees.5": "exchange_after_repairs",
    "pc-three-guarantees.9": "software",
    "pharmacy-software.9": "first_year",
    "phased-rollout-software.9": "first_year",
    "pledge-2h-reply.6": "free",
    "project-12-months.1": "guarantee",
    "project-60-months.1": "guarantee",
    "weekday-24h-terms.6": "free",
}

CALENDARS = {
    "dongle-software": "always",
    "it-onsite-maintenance": "office",
    "mgmt-system-72h": "service",
    "monitoring-centre": "duty",
    "pc-three-guarantees": "service",
    "pm-software": "phone",
    "weekday-24h-terms": "service",
}

EVENTS = {
    "solved": "resolved",
    "fault_message": "reported",
    "visit_need_confirmed": "need_confirmed",
    "limit_told": "promised",
    "entered": "registered",
    "fault_occurred": "occurred",
    "lent": "loaned",
    "user_signed": "signed",
    "suspended": "paused",
    "fee_agreed": "resumed",
    "payment_received": "cleared",
    "matched": "cleared",
    "customer_staff_failed": "phone_failed",
    "factory_received": "received_at_factory",
    "change_date": "changed",
    "service_stopped": "paused",
}
# Where the reader's word means something nearer in this clause.
EVENTS_HERE = {
    ("project-12-months.10", "replied"): "planned",
    ("project-60-months.10", "replied"): "planned",
}
REASONS = {"suspended": "fee", "fee_agreed": "fee", "resumed": "fee",
           "service_stopped": "service_stopped"}  # fmt: skip

DATES = {
    "final_acceptance_signed_both": "final_acceptance",
    "final_acceptance_signed": "final_acceptance",
    "installed": "installed",
}
# Whose beginning the plan calls by another name.
DATES_HERE = {
    ("barcode-printer", "delivered"): "delivered",
    ("classroom-electronics", "delivered"): "free_began",
    ("hospital-software", "put_into_use"): "free_began",
    ("it-onsite-maintenance", "sold"): "part_sold",
    ("parts-dealer", "sold"): "sold_to_customer",
    ("pc-three-guarantees", "repaired"): "part_repaired",
}

# What the request is about where the reader's `opened` is not the customer's report.
OPENED = {
    "ebike-dealer.14": "found",
    "ebike-dealer.12": "purchased",
    "ebike-dealer.13": "month_began",
    "ebike-dealer.20": "shipped",
    "ebike-dealer.29": "month_began",
    "hotline-training-standard.12": "shift_began",
    "hotline-training-standard.13": "shift_began",
    "monitoring-centre.2": "visit_requested",
    "monitoring-centre.5": "visit_requested",
    "parts-dealer.10": "month_began",
}

# What the request is where the clause is about one kind of them only.
ABOUT = {"led-display.3": ("class", "design")}

CASES: dict[str, dict[str, tuple[str, str] | None]] = {
    "class": {
        "periodic_upkeep": ("class", "other"),
        "problem": None,
        "technical_question": ("class", "question"),
        "system_fault": ("level", "system_fault"),
        "virus": ("class", "advice_only"),
        "sudden_fault": ("class", "sudden_fault"),
        "software_fault": ("class", "fault"),
        "stopped": ("level", "stopped"),
        "vip": ("level", "vip"),
        "new_requirement": ("class", "new_requirement"),
        "ordinary": ("class", "ordinary"),
        "major": ("class", "major"),
        "complex": ("class", "complex"),
    },
    "level": {"major": ("class", "major")},
    "stage": {"off_manual": ("stage", "live")},
    "channel": {"e-mail": ("channel", "email")},
}

EVENT_NAMES = {
    "visit_decided": "visit_decided",
    "call": "reported",
    "phone_failed": "phone_failed",
    "request": "reported",
    "notice": "reported",
    "arrival": "arrived",
    "need_confirmed": "need_confirmed",
    "responded": "responded",
    "customer_staff_failed": "phone_failed",
}
ENDINGS = {"whole_days": "day", "rolling": "hour"}

# What the examples ask that is no matter of time, by number: the step that will answer it.
LATER: dict[str, dict[str, tuple[int, ...]]] = {
    "coverage": {
        "barcode-printer": (29,),
        "equipment-supply": (9,),
        "it-onsite-maintenance": (20, 21, 24, 25),
        "mgmt-system-72h": (28,),
        "pc-three-guarantees": (6, 11, 12, 16, 17, 18, 20, 22, 28),
        "web-shop-24h": (9,),
    },
    "duties": {
        "barcode-printer": (24, 25, 26, 27),
        "hotline-training-standard": (10, 11),
        "it-onsite-maintenance": (16,),
        "led-display": (7,),
        "mgmt-rules-18-articles": (3,),
        "network-servers": (27, 28),
        "pm-software": (16,),
        "product-pledge-3wd": (8,),
        "project-12-months": (19,),
        "project-60-months": (18, 24),
        "vip-feedback-desk": (10, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 28),
    },
    "closing and papers": {
        "it-onsite-maintenance": (19,),
        "mgmt-system-72h": (24,),
        "monitoring-centre": (25,),
        "network-servers": (22,),
        "ticket-management-rules": (4,),
    },
}

# Where the plan decides otherwise than the reader, and why.
OTHERWISE = {
    "crm-annual-fee-5": "a blank that nobody filled in is refused by name, not read as no figure",
    "mgmt-rules-18-articles-2": "a blank that nobody filled in is refused by name",
    "hotline-training-standard-2": "the words are to arrange staff; to arrive is not promised",
    "hotline-training-standard-7": "half a day is taken as 12 hours, not as hours of work",
}

Filled = dict[str, Any]


def parameter(plan: str, name: str, value: Any) -> Filled:
    """What the plan's blank holds that the reader called so; nothing where it is none."""
    chosen: dict[str, Filled] = {
        "clock": {"counts": "running" if value == "running" else CALENDARS.get(plan, "")},
        "day_counting": {"days_end": ENDINGS.get(value)},
        "start_day_counts": {"first_day": "counted" if value else "not counted"},
        "purchase_day_counts": {"first_day": "counted" if value else "not counted"},
        "same_day_cut_off": {"same_day_ends": "day" if value == "24:00" else value},
        "make_up_days_are_service_days": {"makeup_days": "open" if value else "closed"},
        "arrival_start": {"on_site_starts": EVENT_NAMES.get(value)},
        "resolution_start": {"repair_starts": EVENT_NAMES.get(value),
                             "solving_starts": EVENT_NAMES.get(value)},
        "week_start": {"week_starts": EVENT_NAMES.get(value)},
        "cost_years_follow_free_year": {"cost_from": "free" if value else "accepted"},
        "organisation_hours": {"hours": value},
        "clock_stops_while_suspended": {"fee_stops": "yes" if value else "no"},
        "local_hours": {"local_hours": value},
        "remote_days": {"out_of_town_days": value},
        "report_day": {"report_day": value},
        "notice_days": {"notice_days": value},
        "receipt_window_days": {"receipt_days": value},
        "sale_window_days": {"sale_days": value},
        "arrival_hours": {"arrival_hours": value},
        "resolution_hours": {"resolution_hours": value},
    }  # fmt: skip
    if name.startswith("arrival_hours_level_"):
        return {f"arrival_level_{name[-1]}": value}
    return chosen.get(name, {})
