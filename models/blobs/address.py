"""How a URL names a bucket.

s3+https://KEY:SECRET@host[:port]/bucket[/prefix][?region=…]    (or s3+http://)
s3://bucket[/prefix][?region=…]     Amazon's own, with the credentials that the machine has
"""

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

SCHEMES = {"s3": "", "s3+https": "https", "s3+http": "http"}


def read_url(url: str) -> tuple[str, str, dict[str, Any]]:
    """Bucket, prefix, and how a client is made. Raises ValueError for what is no such URL."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in SCHEMES or not host:
        raise ValueError(url)
    path = parts.path if SCHEMES[parts.scheme] else f"{host}{parts.path}"
    bucket, *folders = [piece for piece in path.split("/") if piece] or [""]
    if not bucket:
        raise ValueError(url)
    return bucket, "".join(f"{folder}/" for folder in folders), _options(parts, host)


def _options(parts: SplitResult, host: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if SCHEMES[parts.scheme]:
        # A region that services without regions want to hear.
        options |= {"endpoint_url": f"{SCHEMES[parts.scheme]}://{host}", "region_name": "us-east-1"}
    if parts.username and parts.password:
        options["aws_access_key_id"] = unquote(parts.username)
        options["aws_secret_access_key"] = unquote(parts.password)
    if region := parse_qs(parts.query).get("region"):
        options["region_name"] = region[0]
    return options
