"""The darkroom: a process that decodes what strangers sent, and may die of it.

`python -m worker.darkroom` reads one line of JSON a photo and answers with one. Each photo is
developed in a fork of its own, bounded in memory and processor time, so whatever a decoder does to
it, the next photo finds a clean room. It knows no database and is told no secret.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from worker.developing import Unreadable, develop

Json = dict[str, Any]

CRASHED, OUT_OF_MEMORY = 1, 2


def main() -> None:
    """Develop photos until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to answer.
    for line in sys.stdin:
        answer = in_a_fork(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def in_a_fork(order: Json) -> Json:
    """What a child says of the photo, or what it died of; with the memory and time that it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(order, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status, used = os.wait4(child, 0)
    seen: Json = json.loads(said) if status == 0 else {"reason": _death(status)}
    cost = {"peak_bytes": used.ru_maxrss * 1024, "cpu_seconds": used.ru_utime + used.ru_stime}
    return {**seen, **cost}


def _be_the_child(order: Json, writing: int) -> None:
    """Develop one photo, tell, and end without a trace of whatever happened here."""
    code = CRASHED
    try:
        _bound(order["memory"], order["cpu_seconds"])
        os.write(writing, json.dumps(_developed(order)).encode())
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def _developed(order: Json) -> Json:
    try:
        previews = {int(side): Path(file) for side, file in order["previews"].items()}
        return develop(Path(order["file"]), order["sha256"], previews)
    except Unreadable as unreadable:
        return {"reason": str(unreadable)}


def _bound(memory: int, cpu_seconds: int) -> None:
    bounds = (
        (resource.RLIMIT_DATA, memory, memory),
        # At the first the child is told that its time is up, so that it is told from other kills.
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for limit, soft, hard in bounds:
        resource.setrlimit(limit, (_allowed(limit, soft), _allowed(limit, hard)))


def _allowed(limit: int, wanted: int) -> int:
    """As much as is wanted, but no more than this process may have itself."""
    _, most = resource.getrlimit(limit)
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)


def _death(status: int) -> str:
    """Why a child ended. Only being `killed` by somebody else says nothing of the photo."""
    if not os.WIFSIGNALED(status):
        return "memory" if os.WEXITSTATUS(status) == OUT_OF_MEMORY else "crash"
    signals = {signal.SIGXCPU: "time", signal.SIGKILL: "killed", signal.SIGTERM: "killed"}
    return signals.get(signal.Signals(os.WTERMSIG(status)), "crash")


if __name__ == "__main__":
    main()
