"""Reading JSON bodies, with or without gzip, and never more than a body may hold."""

import json
import zlib
from typing import Any, NoReturn

from flask import abort, request

from sync import limits


def json_body() -> Any:
    """The request's JSON value. Answers 400, 413 or 415 where it has none."""
    if request.mimetype != "application/json":
        abort(415, "send the body as application/json")
    try:
        return json.loads(_plain(), parse_constant=_no_constant)
    except RecursionError:
        abort(400, "the body is no JSON: it is nested too deep to be read")
    except ValueError as error:
        abort(400, f"the body is no JSON: {error}")


def largest() -> int:
    """How many bytes the body may have, to be counted before it is read: what is folded up, or does
    not say, as if it were as large as a body may be."""
    known = None if request.content_encoding else request.content_length
    return limits.body_bytes_max if known is None else min(known, limits.body_bytes_max)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _plain() -> bytes:
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= limits.body_bytes_max:
        abort(413)  # A body in chunks is cut at the limit without a word.
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding != "gzip":
        abort(415, "send the body as it is, or with Content-Encoding: gzip")
    return _unzipped(body)


def _unzipped(body: bytes) -> bytes:
    """The body without gzip, never unfolding more than a body may hold."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, limits.body_bytes_max + 1)
    except zlib.error as error:
        abort(400, f"the body is no gzip: {error}")
    if len(plain) > limits.body_bytes_max:
        abort(413, f"the body unfolds to more than {limits.body_bytes_max} bytes")
    if not inflater.eof:
        abort(400, "the gzip body ends too early")
    if inflater.unused_data:
        abort(400, "something follows the gzip body")
    return plain
