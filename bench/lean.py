"""Phones that cost next to nothing: what they state is signed beforehand, and of an answer they
read only what stands before the documents.

All of them live in one thread, each with a connection of its own that it keeps.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

from bench.web import HOST
from sync.device import Json

HEAD_ENDS = b"\r\n\r\n"
LENGTH = b"content-length:"
MORE_TIMES = 5  # a connection may break for other reasons than ours
Batch = Sequence[bytes]  # facts, encoded


@dataclass
class Tally:
    """What happened: seconds of each exchange that was answered, facts, and what went wrong."""

    exchanges: list[float] = field(default_factory=list)
    facts: int = 0
    bytes: int = 0
    repeated: int = 0
    reordered: int = 0
    cut: int = 0
    broken: int = 0
    seconds: float = 0.0
    own_seconds: float = 0.0  # of a processor, for the phones
    server_seconds: float = 0.0


@dataclass
class Line:
    """One phone's connection and where it stands in the feed."""

    port: int
    token: str
    tally: Tally
    cursor: str | None = None
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def exchange(self, facts: Batch) -> Json:
        """Send the facts, again where the connection breaks; answers what precedes documents."""
        for _ in range(MORE_TIMES):
            began = perf_counter()
            try:
                answer = await self._post(self._body(facts))
            except (ConnectionError, asyncio.IncompleteReadError):
                self.tally.broken += 1
                self.hang_up()
                continue
            self.tally.exchanges.append(perf_counter() - began)
            told: Json = json.loads(answer[: answer.index(b',"documents":[')] + b"}")
            self.cursor = told["cursor"]
            return told
        raise ConnectionError(f"the connection broke {MORE_TIMES} times")

    async def exchange_and_lose(self, facts: Batch) -> None:
        """Send the facts, and be gone when the answer begins to come."""
        reader = await self._send(self._body(facts))
        await reader.read(1)
        self.hang_up()
        self.tally.cut += 1

    async def catch_up(self) -> None:
        """Exchange until no page waits, and hang up."""
        while (await self.exchange([]))["more"]:
            pass
        self.hang_up()

    def _body(self, facts: Batch) -> bytes:
        cursor = json.dumps(self.cursor).encode()
        return b'{"protocol":1,"cursor":' + cursor + b',"facts":[' + b",".join(facts) + b"]}"

    async def _send(self, body: bytes) -> asyncio.StreamReader:
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
        head = (
            f"POST /api/v1/sync HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        return self.reader

    async def _post(self, body: bytes) -> bytes:
        reader = await self._send(body)
        head = await reader.readuntil(HEAD_ENDS)
        lines = head.lower().split(b"\r\n")
        length = next(int(line.removeprefix(LENGTH)) for line in lines if line.startswith(LENGTH))
        content = await reader.readexactly(length)
        if b" 200 " not in lines[0]:
            raise RuntimeError(f"answered {lines[0]!r}: {content[:500]!r}")
        return content

    def hang_up(self) -> None:
        """At once, and with whatever is under way."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None


def at_once(tally: Tally, ways: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Go all ways together; the tally learns how long it took, and what of it the phones did."""

    async def everyone() -> None:
        await asyncio.gather(*ways)

    began, own = perf_counter(), process_time()
    asyncio.run(everyone())
    tally.seconds += perf_counter() - began
    tally.own_seconds += process_time() - own
