"""Asking what may hang, without hanging oneself."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Any

SECONDS = 2.0

Question = Callable[[], Any]


class Patience:
    """Asks each question in a thread of its own and waits for no answer longer than 2 seconds.

    While one has not been answered it is not asked again: what hangs costs one thread.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._asked: dict[str, Future[Any]] = {}
        self._lock = Lock()

    def ask(self, questions: Mapping[str, Question]) -> dict[str, Future[Any] | None]:
        """What each question came to, by its name; None for one without an answer in time."""
        futures = {name: self._begun(name, question) for name, question in questions.items()}
        wait(futures.values(), timeout=self.seconds)
        return {name: future if future.done() else None for name, future in futures.items()}

    def _begun(self, name: str, question: Question) -> Future[Any]:
        with self._lock:
            future = self._asked.get(name)
            if future is None or future.done():
                future = self._asked[name] = Future()
                Thread(target=_answer, args=(future, question), name=name, daemon=True).start()
            return future


def _answer(future: Future[Any], question: Question) -> None:
    try:
        future.set_result(question())
    except Exception as error:
        future.set_exception(error)
