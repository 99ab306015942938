"""An application that keeps writing while it is migrated: threads with a connection and things to do."""

from __future__ import annotations

import random
import threading
from types import TracebackType
from typing import Any, Callable, Sequence
from urllib.parse import urlsplit

import MySQLdb
import psycopg2
import psycopg2.errors

import compare_mysql

# One transaction of an application: statements on a cursor; the writer commits. Chosen at random by weight.
Work = Callable[[Any, random.Random], None]

POSTGRES_USUAL = (
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.UniqueViolation,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.ForeignKeyViolation,
    psycopg2.errors.SerializationFailure,
)
# Duplicate key, lock wait timeout, deadlock, foreign keys from either side.
MYSQL_USUAL = (1062, 1205, 1213, 1451, 1452)
# The server goes, is gone, or is not there yet.
MYSQL_LOST = (1053, 1077, 1079, 1080, 1317, 1927, 2002, 2003, 2006, 2013, 2026)


def _fate(error: Exception) -> str:
    """usual: what happens to applications, the transaction is rolled back whole; lost: the connection; else ''."""
    if isinstance(error, MySQLdb.Error):
        number = error.args[0] if error.args else 0
        return "usual" if number in MYSQL_USUAL else "lost" if number in MYSQL_LOST else ""
    if isinstance(error, POSTGRES_USUAL):
        return "usual"
    lost = (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.AdminShutdown)
    return "lost" if isinstance(error, lost) else ""


def _connect(uri: str) -> Any:
    if uri.startswith("postgres"):
        return psycopg2.connect(uri, application_name="writer")
    connection = compare_mysql.open_connection(uri, database=urlsplit(uri).path.lstrip("/"))
    connection.autocommit(False)
    return connection


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
                connection = _connect(self._uri)
            except (psycopg2.OperationalError, MySQLdb.OperationalError):
                self._stop.wait(0.1)
                continue
            try:
                self._write(connection, chance)
            except (psycopg2.Error, MySQLdb.Error) as error:
                if _fate(error) != "lost":
                    self._failures.append(str(error))
                    return
                self._stop.wait(0.05)
            finally:
                try:
                    connection.close()
                except MySQLdb.Error:  # it was lost
                    pass

    def _write(self, connection: Any, chance: random.Random) -> None:
        weights = [weight for weight, _ in self._works]
        while not self._stop.is_set():
            work = chance.choices(self._works, weights)[0][1]
            try:
                cursor = connection.cursor()
                work(cursor, chance)
                connection.commit()
            except (psycopg2.Error, MySQLdb.Error) as error:
                if _fate(error) != "usual":
                    raise
                connection.rollback()
                continue
            with self._lock:
                self._committed += 1
