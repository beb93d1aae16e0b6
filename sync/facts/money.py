"""Money that changed hands on a visit: what it cost, and what the customer paid."""

from typing import ClassVar

from marshmallow import fields, validate

from models.dispatch.lifecycle import VisitState
from models.dispatch.reported import CURRENCY, Money
from models.ids import derived
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes

EXPENSES = ("travel", "lodging", "parking", "toll", "freight", "material", "other")
PAYMENTS = ("cash", "card", "transfer", "wechat", "alipay", "other")


class Sum(Data):
    """An amount in minor units of its currency, for yuan in fen."""

    amount = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, limits.amount_max)
    )
    currency = fields.String(load_default=CURRENCY, validate=validate.Regexp(r"\A[A-Z]{3}\Z"))
    parts = PartHashes(load_default=dict)


class Expense(Sum):
    """What it was spent on."""

    what = fields.String(required=True, validate=validate.OneOf(EXPENSES))


class Payment(Sum):
    """How it was paid."""

    what = fields.String(required=True, validate=validate.OneOf(PAYMENTS))


class OfMoney(Kind):
    """A visit fact that states an amount."""

    row: ClassVar[str] = ""

    def effect(self, state: VisitState, fact: Stated) -> None:
        if fact.author_id is None:
            return
        money = Money(
            id=derived("money", fact.key),
            visit_id=state.subject.id,
            fact_key=fact.key,
            user_id=fact.author_id,
            kind=self.row,
            what=fact.data["what"],
            amount=fact.data["amount"],
            currency=fact.data["currency"],
            happened=fact.happened,
        )
        state.rows.append(money)


class ExpenseIncurred(OfMoney):
    """The technician paid for something that the visit needed."""

    name = "expense.incurred"
    data = Expense
    parts = {"words": None}
    row = "expense"


class PaymentReceived(OfMoney):
    """The customer paid; a sealed record may cite it."""

    name = "payment.received"
    data = Payment
    parts = {"payer": None, "words": None}
    row = "payment"
