"""An S3-compatible service for the tests: a process of its own, in memory, gone afterwards."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from models.clock import SystemClock
from tests.servers import free_port

START_SECONDS = 60
KEY, SECRET = "key", "secret/with+signs"
NUMBERS = count()


@contextmanager
def running_s3(log: Path) -> Iterator[str]:
    """The service for as long as the block lasts; gives host and port."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        _wait_for(port, server, log)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 20):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/moto-api/")
            connection.getresponse().read()
            return
        except OSError:
            if server.poll() is not None:
                break
            SystemClock().sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the S3 service did not start:\n" + log.read_text())


def fresh_bucket(address: str) -> str:
    """A new bucket, as a URL."""
    import boto3  # It takes a second to read, and one process of tests needs it.

    name = f"photos-{next(NUMBERS)}"
    client = boto3.client(
        "s3", endpoint_url=f"http://{address}", region_name="us-east-1",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3+http://{KEY}:{SECRET.replace('/', '%2F')}@{address}/{name}/in/folders"
