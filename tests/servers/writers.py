"""An application that keeps writing while it is migrated: threads with a connection and things to do."""

from __future__ import annotations

import random
import threading
from types import TracebackType
from typing import Any, Callable, Sequence

import psycopg2
import psycopg2.errors

# One transaction of an application: statements on a cursor; the writer commits. Chosen at random by weight.
Work = Callable[[Any, random.Random], None]


class Writers:
    """Writes until the with block ends. A lost connection is opened again, so the server may be restarted meanwhile."""

    def __init__(self, uri: str, works: Sequence[tuple[int, Work]], clients: int = 4, seed: int = 1) -> None:
        self._uri, self._works = uri, works
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._committed = 0
        self._failures: list[str] = []
        self._threads = [threading.Thread(target=self._live, args=(random.Random(seed + n),)) for n in range(clients)]

    @property
    def committed(self) -> int:
        return self._committed

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None and self._failures:
            raise RuntimeError("a writer could not go on:\n" + "\n".join(self._failures[:5]))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _live(self, chance: random.Random) -> None:
        while not self._stop.is_set():
            try:
                connection = psycopg2.connect(self._uri, application_name="writer")
            except psycopg2.OperationalError:
                self._stop.wait(0.1)
                continue
            try:
                self._write(connection, chance)
            except (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.AdminShutdown):
                self._stop.wait(0.05)
            except psycopg2.Error as error:
                self._failures.append(str(error))
                return
            finally:
                connection.close()

    def _write(self, connection: Any, chance: random.Random) -> None:
        weights = [weight for weight, _ in self._works]
        while not self._stop.is_set():
            work = chance.choices(self._works, weights)[0][1]
            try:
                with connection, connection.cursor() as cursor:
                    work(cursor, chance)
            except (
                psycopg2.errors.DeadlockDetected,
                psycopg2.errors.UniqueViolation,
                psycopg2.errors.LockNotAvailable,
                psycopg2.errors.ForeignKeyViolation,
                psycopg2.errors.SerializationFailure,
            ):
                continue  # what happens to applications; the transaction is rolled back whole
            with self._lock:
                self._committed += 1
