"""Who may what: one table, operation by operation and role by role.

`all` reaches everybody's, `own` only what is one's own (a technician's visits, van, devices), and
`-` nothing. The views ask `auth.own()` where a role's reach is `own`. An operation without a line
here cannot be added to the application.
"""

from enum import StrEnum

from models.people import Role


class Reach(StrEnum):
    """Whose things a role may reach with an operation."""

    ALL = "all"
    OWN = "own"
    NONE = "-"


OPEN = {  # no token is needed
    "log_in",
    "enrol_device",
    "challenge_device",
    "renew_token",
    "describe_uploads",
}
# What somebody may do who still has to choose a password or to set up a second factor.
UNFINISHED = {
    "log_out",
    "get_me",
    "change_password",
    "begin_second_factor",
    "confirm_second_factor",
}
OF_DEVICES = {  # a device's token, and its own
    "exchange_facts",
    "create_upload",
    "get_upload_progress",
    "append_bytes",
    "append_bytes_by_post",
    "list_lacking_photos",
    "get_preview_for_device",
}
COUNTING_THEMSELVES = {"exchange_facts"}  # in the device's pace; the others are counted at the door

COLUMNS = (Role.TECHNICIAN, Role.DISPATCHER, Role.WAREHOUSE, Role.SUPERVISOR)
TABLE = """
log_out                 own  own  own  own
list_sessions           own  own  own  own
get_me                  own  own  own  own
edit_me                 own  own  own  own
change_password         own  own  own  own
begin_second_factor     own  own  own  own
confirm_second_factor   own  own  own  own
end_second_factor       own  own  own  own
list_territories        all  all  all  all
get_territory           all  all  all  all
add_territory           -    -    -    all
edit_territory          -    -    -    all
get_company             all  all  all  all
edit_company            -    -    -    all
list_users              -    all  all  all
get_user                -    all  all  all
add_user                -    -    -    all
edit_user               -    -    -    all
reset_password          -    -    -    all
reset_second_factor     -    -    -    all
get_leaving             -    -    -    all
complete_leaving        -    -    -    all
readmit_user            -    -    -    all
issue_code              own  all  -    all
list_devices            own  all  -    all
get_device              own  all  -    all
revoke_device           own  -    -    all
wipe_device             -    -    -    all
bring_outbox            -    all  -    all
list_brought_outboxes   -    all  -    all
keep_scan               -    all  -    all
key_in_paper            -    all  -    all
list_papers             -    all  all  all
get_scan                -    all  all  all
list_customers          -    all  all  all
get_customer            -    all  all  all
add_customer            -    all  -    all
edit_customer           -    all  -    all
list_sites              -    all  all  all
get_site                -    all  all  all
add_site                -    all  -    all
edit_site               -    all  -    all
list_contacts           -    all  all  all
get_contact             -    all  all  all
add_contact             -    all  -    all
edit_contact            -    all  -    all
list_assets             -    all  all  all
get_asset               -    all  all  all
add_asset               -    all  -    all
edit_asset              -    all  -    all
list_installed_parts    -    all  all  all
list_plans              -    all  all  all
get_plan                -    all  all  all
add_plan                -    -    -    all
list_contracts          -    all  all  all
get_contract            -    all  all  all
add_contract            -    -    -    all
edit_contract           -    -    -    all
list_company_days       all  all  all  all
get_company_day         all  all  all  all
add_company_day         -    -    -    all
withdraw_company_day    -    -    -    all
get_promises            -    all  all  all
note_event              -    all  -    all
list_work_orders        -    all  all  all
get_work_order          -    all  all  all
open_work_order         -    all  -    all
change_work_order       -    all  -    all
cancel_work_order       -    all  -    all
list_visits             own  all  all  all
get_visit               own  all  all  all
plan_visit              -    all  -    all
replan_visit            -    all  -    all
assign_crew             -    all  -    all
cancel_visit            -    all  -    all
get_board               -    all  all  all
list_records            own  all  all  all
get_record              own  all  all  all
get_reported            own  all  all  all
list_visit_photos       own  all  all  all
get_photo               own  all  all  all
get_preview             own  all  all  all
erase_photo             -    -    -    all
get_signature_png       -    all  all  all
get_signature_svg       -    all  all  all
list_parts              all  all  all  all
get_part                all  all  all  all
add_part                -    -    all  all
edit_part               -    -    all  all
get_part_cost           -    -    all  all
list_places             -    all  all  all
get_place               -    all  all  all
add_place               -    -    all  all
edit_place              -    -    all  all
list_keepers            -    all  all  all
get_keeper              -    all  all  all
add_keeper              -    -    -    all
end_keeping             -    -    -    all
list_stock              own  all  all  all
get_stock_proof         -    all  all  all
get_part_proof          own  all  all  all
describe_code           own  all  all  all
get_labels              -    all  all  all
list_levels             -    all  all  all
get_level               -    all  all  all
add_level               -    -    all  all
edit_level              -    -    all  all
list_requisitions       own  all  all  all
get_requisition         own  all  all  all
open_requisition        -    all  all  all
reserve_parts           -    -    all  all
release_parts           -    -    all  all
pick_parts              -    -    all  all
refuse_requisition      -    -    all  all
serve_requisition       -    -    all  all
pass_gate               -    all  all  all
reopen_gate             -    all  all  all
note_told               -    all  all  all
get_suggestion          -    all  all  all
open_suggestion         -    all  all  all
get_statement           own  all  all  all
export_statement        own  all  all  all
confirm_statement       own  -    all  all
get_customer_statement  -    all  all  all
export_customer_statement -   all  all  all
confirm_customer_statement -  -    all  all
list_transfers          -    all  all  all
get_transfer            -    all  all  all
expect_delivery         -    -    all  all
close_delivery          -    -    all  all
remove_stock            -    -    all  all
list_moves              -    all  all  all
open_stock              -    -    all  all
ship_stock              -    -    all  all
list_received_parts     -    all  all  all
list_repairs            -    all  all  all
list_returns            -    all  all  all
get_return              -    all  all  all
open_return             -    all  all  all
permit_return           -    -    all  all
refuse_return           -    -    all  all
receive_return          -    -    all  all
close_return            -    -    all  all
list_debts              own  all  all  all
receive_old_part        -    -    all  all
assign_debt             -    all  all  all
list_loaners            -    all  all  all
get_loaner              -    all  all  all
add_loaner              -    -    all  all
edit_loaner             -    -    all  all
list_custody            -    all  all  all
place_loaner            -    -    all  all
list_whereabouts        -    all  all  all
inspect_loaner          -    -    all  all
extend_loan             -    all  all  all
lose_loaner             -    -    all  all
sell_loaner             -    -    all  all
list_reservations       -    all  all  all
reserve_loaner          -    all  all  all
reserve_any_loaner      -    all  all  all
release_loaner          -    all  all  all
list_units              -    all  all  all
get_unit_history        -    all  all  all
receive_unit            -    all  all  all
diagnose_unit           -    all  all  all
quote_repair            -    all  all  all
approve_repair          -    all  all  all
decline_repair          -    all  all  all
finish_repair           -    all  all  all
give_up_repair          -    all  all  all
list_findings           -    all  all  all
get_finding             -    all  all  all
settle_finding          -    all  all  all
list_fault_codes        all  all  all  all
get_fault_code          all  all  all  all
add_fault_code          -    all  -    all
edit_fault_code         -    all  -    all
list_checklists         all  all  all  all
get_checklist           all  all  all  all
add_checklist           -    all  -    all
edit_checklist          -    all  -    all
list_articles           all  all  all  all
get_article             all  all  all  all
add_article             -    all  -    all
edit_article            -    all  -    all
list_notices            own  all  all  all
get_notice              own  all  all  all
send_notice             -    all  all  all
withdraw_notice         -    all  all  all
list_edits              -    all  all  all
undo_edit               -    all  all  all
list_decisions          -    all  all  all
get_decision            -    all  all  all
import_customers        -    all  -    all
import_sites            -    all  -    all
import_assets           -    all  -    all
import_parts            -    -    all  all
import_stock            -    -    all  all
import_levels           -    -    all  all
import_loaners          -    -    all  all
import_contracts        -    -    -    all
get_customers_template  -    all  all  all
get_sites_template      -    all  all  all
get_assets_template     -    all  all  all
get_parts_template      -    all  all  all
get_stock_template      -    all  all  all
get_levels_template     -    all  all  all
get_loaners_template    -    all  all  all
get_contracts_template  -    all  all  all
export_customers        -    all  all  all
export_sites            -    all  all  all
export_assets           -    all  all  all
export_parts            -    all  all  all
export_stock            -    all  all  all
export_levels           -    all  all  all
export_loaners          -    all  all  all
export_moves            -    all  all  all
export_requisitions     -    all  all  all
export_transfers        -    all  all  all
export_returns          -    all  all  all
export_repairs          -    all  all  all
export_debts            -    all  all  all
export_custody          -    all  all  all
export_reservations     -    all  all  all
export_units            -    all  all  all
export_contracts        -    all  all  all
"""


def _read(table: str) -> dict[str, dict[Role, Reach]]:
    rights: dict[str, dict[Role, Reach]] = {}
    for line in table.strip().splitlines():
        operation, *cells = line.split()
        assert operation not in rights, f"{operation} has two lines"
        rights[operation] = dict(zip(COLUMNS, map(Reach, cells), strict=True))
    return rights


RIGHTS = _read(TABLE)


def reach(role: str, operation: str) -> Reach:
    """How far the role reaches with the operation."""
    return RIGHTS[operation][Role(role)]


def allowed(operation: str) -> list[Role]:
    """The roles that may use the operation, on their own things at least."""
    return [role for role, reach in RIGHTS[operation].items() if reach is not Reach.NONE]


def as_markdown() -> str:
    """The table as docs/rights.md shows it."""
    lines = [f"| operation | {' | '.join(COLUMNS)} |", f"|---|{'---|' * len(COLUMNS)}"]
    for operation, cells in RIGHTS.items():
        lines.append(f"| `{operation}` | {' | '.join(cells[role] for role in COLUMNS)} |")
    return "\n".join(lines) + "\n"
