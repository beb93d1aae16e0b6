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


OPEN = {"log_in", "enrol", "describe"}  # no token is needed
# What somebody may do who still has to choose a password or to set up a second factor.
UNFINISHED = {
    "log_out",
    "get_me",
    "change_password",
    "begin_second_factor",
    "confirm_second_factor",
}
OF_DEVICES = {  # a device's token, and its own
    "sync",
    "create",
    "progress",
    "append",
    "append_by_post",
    "lacking",
    "preview_for_device",
}

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
get_territories         all  all  all  all
add_territories         -    -    -    all
edit_territories        -    -    -    all
get_company             all  all  all  all
edit_company            -    -    -    all
list_users              -    all  all  all
get_users               -    all  all  all
add_users               -    -    -    all
edit_users              -    -    -    all
reset_password          -    -    -    all
reset_second_factor     -    -    -    all
get_leaving             -    -    -    all
leave                   -    -    -    all
come_back               -    -    -    all
issue_code              own  all  -    all
list_devices            own  all  -    all
get_device              own  all  -    all
revoke                  own  -    -    all
list_customers          -    all  all  all
get_customers           -    all  all  all
add_customers           -    all  -    all
edit_customers          -    all  -    all
list_sites              -    all  all  all
get_sites               -    all  all  all
add_sites               -    all  -    all
edit_sites              -    all  -    all
list_contacts           -    all  all  all
get_contacts            -    all  all  all
add_contacts            -    all  -    all
edit_contacts           -    all  -    all
list_assets             -    all  all  all
get_assets              -    all  all  all
add_assets              -    all  -    all
edit_assets             -    all  -    all
list_plans              -    all  all  all
get_plan                -    all  all  all
add_plan                -    -    -    all
list_contracts          -    all  all  all
get_contracts           -    all  all  all
add_contracts           -    -    -    all
edit_contracts          -    -    -    all
list_company_days       all  all  all  all
get_company_days        all  all  all  all
add_company_days        -    -    -    all
withdraw_company_day    -    -    -    all
promises_of             -    all  all  all
note_event              -    all  -    all
list_work_orders        -    all  all  all
get_work_order          -    all  all  all
open_work_order         -    all  -    all
change_work_order       -    all  -    all
cancel_work_order       -    all  -    all
list_visits             own  all  all  all
get_visit               own  all  all  all
plan_visit              -    all  -    all
plan_again              -    all  -    all
assign                  -    all  -    all
cancel                  -    all  -    all
board                   -    all  all  all
list_records            own  all  all  all
get_record              own  all  all  all
reported_of_visit       own  all  all  all
photos_of_visit         own  all  all  all
photo                   own  all  all  all
preview                 own  all  all  all
erase_photo             -    -    -    all
signature_png           -    all  all  all
signature_svg           -    all  all  all
list_parts              all  all  all  all
get_parts               all  all  all  all
add_parts               -    -    all  all
edit_parts              -    -    all  all
list_places             -    all  all  all
get_places              -    all  all  all
add_places              -    -    all  all
edit_places             -    -    all  all
list_keepers            -    all  all  all
get_keepers             -    all  all  all
add_keepers             -    -    -    all
end_keeping             -    -    -    all
stock                   own  all  all  all
proof                   -    all  all  all
moves                   -    all  all  all
open_stock              -    -    all  all
ship                    -    -    all  all
list_loaners            -    all  all  all
get_loaners             -    all  all  all
add_loaners             -    -    all  all
edit_loaners            -    -    all  all
custody                 -    all  all  all
place                   -    -    all  all
list_findings           -    all  all  all
get_finding             -    all  all  all
settle                  -    all  all  all
list_fault_codes        all  all  all  all
get_fault_codes         all  all  all  all
add_fault_codes         -    all  -    all
edit_fault_codes        -    all  -    all
list_checklists         all  all  all  all
get_checklists          all  all  all  all
add_checklists          -    all  -    all
edit_checklists         -    all  -    all
list_articles           all  all  all  all
get_articles            all  all  all  all
add_articles            -    all  -    all
edit_articles           -    all  -    all
list_notices            own  all  all  all
get_notice              own  all  all  all
send_notice             -    all  all  all
withdraw_notice         -    all  all  all
list_edits              -    all  all  all
undo                    -    all  all  all
list_decisions          -    all  all  all
get_decision            -    all  all  all
import_customers        -    all  -    all
import_sites            -    all  -    all
import_assets           -    all  -    all
import_parts            -    -    all  all
import_stock            -    -    all  all
import_loaners          -    -    all  all
import_contracts        -    -    -    all
template_of_customers   -    all  all  all
template_of_sites       -    all  all  all
template_of_assets      -    all  all  all
template_of_parts       -    all  all  all
template_of_stock       -    all  all  all
template_of_loaners     -    all  all  all
template_of_contracts   -    all  all  all
export_customers        -    all  all  all
export_sites            -    all  all  all
export_assets           -    all  all  all
export_parts            -    all  all  all
export_stock            -    all  all  all
export_loaners          -    all  all  all
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
