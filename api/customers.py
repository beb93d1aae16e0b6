"""Customers, their sites and contacts, and the assets that stand there."""

from marshmallow import fields

from api.blueprint import Blueprint
from api.lists import Listing, equal
from api.people import known_zone
from api.schemas import Day, Note, Strict, Text
from api.serials import Serial
from api.tables import Table
from models.customers import Asset, Contact, Customer, Site
from models.people import Territory

blp = Blueprint("customers", __name__, description="Customers, sites, contacts and assets")


class CustomerSchema(Strict):
    """A customer."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True, metadata={"example": "C-1042"})
    name = Text(required=True, metadata={"example": "东方医院"})


class SiteSchema(Strict):
    """A place of service."""

    id = fields.UUID(dump_only=True)
    customer_id = fields.UUID(required=True)
    customer_name = fields.String(dump_only=True)
    territory_id = fields.UUID(load_default=None, allow_none=True)
    name = Text(required=True, metadata={"example": "门诊楼"})
    address = Text(required=True, metadata={"example": "延安路 1 号"})
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)
    access_notes = Note(load_default="", metadata={"example": "从南门进"})
    territory_code = fields.String(dump_only=True, allow_none=True)


class ContactSchema(Strict):
    """Somebody at a site whom one may call."""

    id = fields.UUID(dump_only=True)
    site_id = fields.UUID(required=True)
    site_name = fields.String(dump_only=True)
    name = Text(required=True, metadata={"example": "王主任"})
    phone = Text(required=True, metadata={"example": "13800000000"})


class AssetSchema(Strict):
    """A device of the customer's."""

    id = fields.UUID(dump_only=True)
    site_id = fields.UUID(required=True)
    site_name = fields.String(dump_only=True)
    customer_id = fields.UUID(dump_only=True)
    customer_name = fields.String(dump_only=True)
    model = Text(required=True, metadata={"example": "BP-200"})
    serial = Serial(required=True, metadata={"example": "A-90817"})
    name = Text(required=True, metadata={"example": "条码打印机"})
    installed = Day(load_default=None, allow_none=True)


CUSTOMERS = Listing(
    Customer,
    CustomerSchema,
    sorts={"code": Customer.code, "name": Customer.name},
    filters={"code": equal(Customer.code)},
    search=(Customer.code, Customer.name),
)
SITES = Listing(
    Site,
    SiteSchema,
    sorts={"name": Site.name},
    filters={"customer": equal(Site.customer_id), "territory": equal(Site.territory_id)},
    search=(Site.name, Site.address, Customer.name),
    beside={"customer_name": Customer.name, "territory_code": Territory.code},
    joined=lambda query: query.join(Customer, Customer.id == Site.customer_id).outerjoin(
        Territory, Territory.id == Site.territory_id
    ),
)
CONTACTS = Listing(
    Contact,
    ContactSchema,
    sorts={"name": Contact.name},
    filters={"site": equal(Contact.site_id)},
    search=(Contact.name, Contact.phone, Site.name),
    beside={"site_name": Site.name},
    joined=lambda query: query.join(Site, Site.id == Contact.site_id),
)
ASSETS = Listing(
    Asset,
    AssetSchema,
    sorts={"serial": Asset.serial, "name": Asset.name, "installed": Asset.installed},
    filters={
        "site": equal(Asset.site_id),
        "customer": equal(Site.customer_id),
        "model": equal(Asset.model),
        "serial": equal(Asset.serial),
    },
    search=(Asset.serial, Asset.name, Asset.model, Site.name, Customer.name),
    beside={
        "site_name": Site.name,
        "customer_id": Customer.id,
        "customer_name": Customer.name,
    },
    joined=lambda query: query.join(Site, Site.id == Asset.site_id).join(
        Customer, Customer.id == Site.customer_id
    ),
)

for _table in (
    Table("/customers", CUSTOMERS),
    Table("/sites", SITES),
    Table("/contacts", CONTACTS),
    Table("/assets", ASSETS),
):
    _table.register(blp)
