"""How gunicorn serves: limits, TLS, logs, and one place for the figures of all its processes.

Read by gunicorn itself (`--config python:api.serving`), before any application is made.
"""

import os
import shutil
import socket
import struct
import sys
from typing import Any

from sqlalchemy.orm import configure_mappers

from models import code, logs
from models.setting import SettingError
from models.settings import Settings

try:
    _settings = Settings.read(os.environ)
except SettingError as error:
    sys.exit(f"Error: {error}")

_figures = _settings.figures_folder
# Before prometheus_client is imported: it decides then, for good, whether processes share.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)

logconfig_dict = logs.configuration(_settings)

# More than any client of ours needs, and little enough to be read into memory.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Who asked, and by which scheme, is for api/security.py alone to believe.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

if _settings.tls:
    certfile = str(_settings.tls_folder / "server.crt")
    keyfile = str(_settings.tls_folder / "server.key")
    if not os.path.exists(certfile):
        sys.exit("Error: TLS=1 needs a certificate, and `onsite run` makes it")


def on_starting(server: Any) -> None:
    """Begin to count anew: what an earlier run has left tells nothing of this one. The code is read
    here, once for all workers, and each makes its own application and connections of it."""
    shutil.rmtree(_figures, ignore_errors=True)
    _figures.mkdir(mode=0o700, parents=True)
    with code.reading():
        import api.app  # noqa: F401

        configure_mappers()


def post_fork(server: Any, worker: Any) -> None:
    """Give up clients that fall silent within a request: each would hold a thread for ever.

    Connections inherit these times from the socket that accepts them.
    """
    patience = struct.pack("ll", _settings.stall_seconds, 0)
    for listener in worker.sockets:
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, way, patience)


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that is gone was doing at the time; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid, str(_figures))  # type: ignore[no-untyped-call]
