"""What the OpenAPI document says of uploads: tus 1.0 speaks by headers, and so do its errors."""

from http import HTTPStatus
from typing import Any

from api.schemas import BYTES
from api.tus import MEDIA

COUNT = {"type": "string", "pattern": "^[0-9]{1,18}$"}
OFFSET = {"schema": COUNT, "description": "how many bytes are here"}
MISMATCH = {
    "description": "The bytes do not have the promised hash: begin again. Or a piece does not have"
    " the hash of its Upload-Checksum: what was here before it stays, and HEAD tells how much",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
    },
}


def _header(name: str, what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": True, "description": what, "schema": schema}


def _refusals(*statuses: int) -> dict[int, Any]:
    return {status: HTTPStatus(status).name for status in statuses}


VERSION = _header("Tus-Resumable", "the version of tus", {"type": "string", "enum": ["1.0.0"]})
CREATE: dict[str, Any] = {
    "parameters": [
        VERSION,
        _header("Upload-Length", "how many bytes will come", COUNT),
        _header(
            "Upload-Metadata",
            "`sha256` and the promised hash: hexadecimal, in base64",
            {"type": "string", "example": "sha256 YTNi…"},
        ),
    ],
    "responses": {
        201: {
            "headers": {
                "Location": {"schema": {"type": "string"}, "description": "where to append"},
                "Upload-Offset": OFFSET,
            }
        },
        **_refusals(400, 404, 409, 410, 412, 413, 422),
    },
}
PROGRESS: dict[str, Any] = {
    "parameters": [VERSION],
    "responses": {
        200: {
            "headers": {
                "Upload-Offset": OFFSET,
                "Upload-Length": {"schema": COUNT, "description": "how many bytes will come"},
            }
        },
        **_refusals(412),
    },
}
APPEND: dict[str, Any] = {
    "parameters": [VERSION, _header("Upload-Offset", "where these bytes begin", COUNT)],
    "requestBody": {"required": True, "content": {MEDIA: {"schema": BYTES}}},
    "responses": {
        204: {"headers": {"Upload-Offset": OFFSET}},
        460: MISMATCH,
        **_refusals(409, 412, 423),
    },
}
