"""The catalogue of what goes wrong in histories: each fault by its name, and what it is."""

from models.findings import KINDS

FAULTS = {
    # the network
    "request lost": "A request never reached the server.",
    "request delayed": "A request got stuck, and the phone was told that it failed.",
    "delayed request arrived": "What got stuck reached the server long after, behind newer ones.",
    "request doubled": "A request reached the server twice.",
    "request spoilt": "A letter of a fact was changed on the way.",
    "answer lost": "The server did all, and the phone never learnt of it.",
    "answer cut": "Only the first half of an answer came.",
    "answer taken twice": "The phone took the same answer in twice.",
    "facts reordered": "Facts were sent in another order than that in which they were stated.",
    "off line for long": "A phone had no network for hours or days, and was worked with.",
    "upload cut": "Only half of a photo's bytes came before the connection broke.",
    # phones and people
    "fact stated late": "Something was stated hours or days after it happened.",
    "malformed fact": "A fact did not have the shape of its kind.",
    "newer kind fact": "A fact was of a kind that this server does not know.",
    "stolen fact": "A phone sent what another had signed.",
    "clock set": "A phone's clock was put minutes, days or centuries wrong, or right again.",
    "phone restarted": "A phone's forward clock began anew, or there is none any more.",
    "replica damaged": "A document vanished from a phone.",
    "replica lost": "A phone lost all documents and the server's time, and kept its facts.",
    "cursor spoilt": "A phone no longer knew where it stands in the feed.",
    "phone restored from its backup": "A phone became what it was, and gives numbers again.",
    "phone lost": "A phone was lost with all that was unsent, revoked and replaced.",
    "revoked": "A phone was revoked, and went on.",
    "revoked with unsent facts": "A phone was revoked while it held facts, and sent them then.",
    # the desk, meanwhile
    "visit reassigned": "A visit was given to others while phones were off line.",
    "visit unassigned": "Somebody was taken off a visit.",
    "visit cancelled": "A visit was cancelled.",
    "visit planned anew": "A visit got another window.",
    "order told otherwise": "What the customer asked for was written down anew.",
    "order cancelled": "A work order was cancelled, whatever became of its visits.",
    "finding settled": "A person settled an event.",
    "photo erased": "A photo was erased, whether its bytes were here or not.",
    "van changed hands": "Somebody else keeps a van, or two do.",
    "agreement changed": "Another version of the plan was agreed, while work was under way.",
    # the conflicts of real life
    "visit done twice": "The former technician did a visit, and so did the one who got it.",
    "crew at odds": "The lead sealed a record, and the helper said that nobody let them in.",
    "loaner lent twice": "Two people handed over one and the same loaner.",
    "loaner lent as it came back": "Somebody lent a loaner that nobody had wiped and inspected.",
    "loan forgotten": "For weeks nobody thought of a loaner that was out.",
    "unit taken twice": "Two people took the customer's unit along, or one that nobody knows.",
    "customer paid twice": "Two people took the customer's money for one record.",
    "order claimed": "Somebody opened a job that bears the id of a work order of the desk.",
    "camera stuck": "A camera took hundreds of photos of one visit.",
    # the server
    "died before a commit": "The process died in a transaction, just before it was committed.",
    "died after a commit": "The process died just after a commit, before anything that follows.",
    "server restarted": "The process was ended between two requests.",
    "new life": "The database began a new life; nothing that was committed is lost.",
    "queue lost": "Redis forgot that work waits.",
    "darkroom died": "The process that looks at photos died over one, again and again.",
    "months passed": "So much time passed that what is gone was forgotten.",
    "feed purged": "The feed forgot what had long been gone.",
}  # fmt: skip

# Each code of the catalogue is brought about in histories but these, and why not.
NEVER = {"house.proof": "it shows only where this program is wrong"}
CODES = sorted(KINDS.keys() - NEVER.keys())


def as_markdown() -> str:
    """The catalogue as docs/simulation.md shows it."""
    lines = ["| fault | what happens |", "|---|---|"]
    lines += [f"| {name} | {what} |" for name, what in FAULTS.items()]
    lines += ["", "Of the catalogue of findings all are brought about but these:", ""]
    lines += [f"- `{code}`: {why}" for code, why in NEVER.items()]
    return "\n".join(lines) + "\n"
