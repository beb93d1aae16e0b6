"""Customers, their sites and contacts, and the assets that stand there."""

from marshmallow import fields

from api.auth import DESK
from api.blueprint import Blueprint
from api.people import known_zone
from api.schemas import Note, Strict, Text
from api.tables import Table
from models.customers import Asset, Contact, Customer, Site

blp = Blueprint("customers", __name__, description="Customers, sites, contacts and assets")


class CustomerSchema(Strict):
    """A customer."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    name = Text(required=True)


class SiteSchema(Strict):
    """A place of service."""

    id = fields.UUID(dump_only=True)
    customer_id = fields.UUID(required=True)
    territory_id = fields.UUID(load_default=None, allow_none=True)
    name = Text(required=True)
    address = Text(required=True)
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)
    access_notes = Note(load_default="")


class ContactSchema(Strict):
    """Somebody at a site whom one may call."""

    id = fields.UUID(dump_only=True)
    site_id = fields.UUID(required=True)
    name = Text(required=True)
    phone = Text(required=True)


class AssetSchema(Strict):
    """A device of the customer's."""

    id = fields.UUID(dump_only=True)
    site_id = fields.UUID(required=True)
    model = Text(required=True)
    serial = Text(required=True)
    name = Text(required=True)
    installed = fields.Date(load_default=None, allow_none=True)


Table("/customers", Customer, CustomerSchema, DESK, "customer").register(blp)
Table("/sites", Site, SiteSchema, DESK, "site").register(blp)
Table("/contacts", Contact, ContactSchema, DESK, "site", "site_id").register(blp)
Table("/assets", Asset, AssetSchema, DESK, "asset").register(blp)
