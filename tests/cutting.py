"""A network that breaks where it is told to: a proxy that lets so many bytes of a body through."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

PIECE = 4096
PATIENCE_SECONDS = 20


@dataclass
class Network:
    """The way to a server. Each PATCH takes the next cut; without one it goes through whole."""

    port: int
    cuts: Iterator[int]
    offsets: list[int] = field(default_factory=list)
    listening: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        """Where clients reach the server by this network."""
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        """Take connections until nobody listens any more."""
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            client.settimeout(PATIENCE_SECONDS)
            server.settimeout(PATIENCE_SECONDS)
            back = Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            try:
                cut = self._requests(client, server)
                server.shutdown(socket.SHUT_WR)
                if cut:  # The server has all that was let through before the client learns of it.
                    back.join(PATIENCE_SECONDS)
            except OSError:
                pass
            with_nothing_more(client)

    def _requests(self, client: socket.socket, server: socket.socket) -> bool:
        """Carry one request after another; True when one was cut."""
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                piece = client.recv(PIECE)
                if not piece:
                    return False
                held += piece
            head, _, held = held.partition(b"\r\n\r\n")
            length, patch = self._read(head.decode("latin-1"))
            room = next(self.cuts, length) if patch else length
            server.sendall(head + b"\r\n\r\n")
            left = min(room, length)
            while left > 0:
                piece = held or client.recv(PIECE)
                if not piece:
                    return True
                server.sendall(piece[:left])
                held = piece[left:]
                left -= min(left, len(piece))
            if room < length:
                return True

    def _read(self, head: str) -> tuple[int, bool]:
        """The length of the body, and whether these are bytes of an upload."""
        lines = [line.partition(":") for line in head.split("\r\n")[1:]]
        headers = {name.lower(): value.strip() for name, _, value in lines}
        patch = head.startswith("PATCH")
        if patch:
            self.offsets.append(int(headers["upload-offset"]))
        return int(headers.get("content-length", "0")), patch


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(PIECE):
            target.sendall(piece)
    except OSError:
        return


def with_nothing_more(client: socket.socket) -> None:
    """End the connection as a network does that is gone."""
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@contextmanager
def breaking(port: int, cuts: Iterator[int]) -> Iterator[Network]:
    """A network to the server for as long as the block lasts."""
    network = Network(port, cuts)
    thread = Thread(target=network.serve, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.listening.shutdown(socket.SHUT_RDWR)
        network.listening.close()
        thread.join(PATIENCE_SECONDS)
