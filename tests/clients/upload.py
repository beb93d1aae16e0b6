"""Uploads one file with tuspy: what to do comes as JSON on standard input."""

import json
import sys

from tusclient.client import TusClient


def main() -> None:
    """Upload, starting again wherever the connection breaks."""
    order = json.load(sys.stdin)
    client = TusClient(order["endpoint"], headers={"Authorization": f"Bearer {order['token']}"})
    uploader = client.uploader(
        order["file"],
        chunk_size=order["chunk"] or sys.maxsize,
        metadata={"sha256": order["sha256"], "filename": "photo.jpg"},
        retries=40,
        retry_delay=0.01,
        upload_checksum=order.get("checksum", False),
    )
    uploader.upload()


if __name__ == "__main__":
    main()
