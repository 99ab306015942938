#!/usr/bin/env python3
"""A fake: PostgreSQL 15 behind a proxy that gives itself out as CockroachDB.

No CockroachDB can be had from the package registries that tests may use, so what Godwit must get right with one is
played here on a real server: the version it tells, the statements it lacks (each with the error a cluster gives), the
settings it takes without effect, and above all the errors that ask for a replay of the whole transaction. What this
cannot show: its types, its limits on size, its own schema changes.

Errors are raised by the real server in place of the statement, so that its transaction is aborted as it would be there,
and everything up to the ROLLBACK is answered with 25P02. A request is a simple query, a COPY, or what is sent up to a
Sync; of these, one in --retry-every is picked by chance (seeded, so that runs resemble each other).

By hand: fake_cockroach.py --server 127.0.0.1:5432 --port 26257 --retry-every 10 --log FILE
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import re
import struct
import sys
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Sequence

from processes import Process, wait_until

VERSION = "v22.1.9"
CLUSTER_ID = "7a3f8e5c-1d2b-4c6e-9f00-0badc0ffee00"
PROTOCOL_VERSION = "13.0.0"  # what a cluster says it is like

RETRY = "restart transaction: TransactionRetryWithProtoRefreshError: TransactionRetryError: retry txn (a fake one)"
AMBIGUOUS = "result is ambiguous: error=a fake one"


@dataclass(frozen=True)
class Lack:
    pattern: str  # searched without regard to case in a statement whose literals were taken out
    sqlstate: str
    message: str


def _function(name: str) -> Lack:
    return Lack(rf"\b{name}\s*\(", "42883", f"unknown function: {name}()")


# What a cluster lacks of all that Godwit might send to a target.
LACKS = [
    Lack(r"^CREATE\s+TEMP", "0A000", "temporary tables are only supported experimentally"),
    Lack(r"^SET\s+CONSTRAINTS\b", "0A000", 'at or near "constraints": unimplemented: this syntax'),
    Lack(r"^LOCK\s+TABLE\b", "42601", 'at or near "lock": syntax error'),
    Lack(r"^SECURITY\s+LABEL\b", "42601", 'at or near "security": syntax error'),
    Lack(r"^CREATE\s+EXTENSION\b", "0A000", "unimplemented: extensions"),
    Lack(r"^CREATE\s+(OR\s+REPLACE\s+)?TRIGGER\b", "0A000", "unimplemented: this syntax"),
    Lack(r"^CREATE\s+(EVENT\s+TRIGGER|COLLATION|DOMAIN|PUBLICATION)\b", "0A000", "unimplemented: this syntax"),
    Lack(r"\b(DISABLE|ENABLE)\s+(ALWAYS\s+|REPLICA\s+)?TRIGGER\b", "0A000", "unimplemented: this syntax"),
    Lack(r"\bOVERRIDING\s+(SYSTEM|USER)\s+VALUE\b", "42601", 'at or near "overriding": syntax error'),
    Lack(r"\bON\s+COMMIT\s+(DROP|DELETE)\b", "0A000", "unimplemented: this syntax"),
    Lack(r"\bOPERATOR\s*\(", "42601", 'at or near "operator": syntax error'),
    Lack(r"^ALTER\s+TABLE\b.*\bSET\s+STORAGE\b", "0A000", "unimplemented: this syntax"),
    Lack(r"\bpg_(available_extensions|available_extension_versions|opfamily_members)\b", "42P01", "unknown relation"),
    Lack(r"\bctid\b", "42703", 'column "ctid" does not exist'),
    *(
        Lack(rf"^SET\s+(LOCAL\s+|SESSION\s+)?{name}\b", "42704", f'unrecognized configuration parameter "{name}"')
        for name in ("enable_hashjoin", "enable_mergejoin", "jit", "maintenance_work_mem", "work_mem")
    ),
    *(
        _function(name)
        for name in (
            "pg_control_system",
            "pg_current_wal_flush_lsn",
            "pg_current_wal_insert_lsn",
            "pg_current_wal_lsn",
            "pg_create_logical_replication_slot",
            "pg_describe_object",
            "pg_export_snapshot",
            "pg_has_role",
            "pg_is_in_recovery",
            "pg_logical_emit_message",
            "pg_partition_tree",
            "pg_terminate_backend",
        )
    ),
]

# Taken for the sake of drivers, without effect.
IGNORED = [
    r"^SET\s+(LOCAL\s+|SESSION\s+)?session_replication_role\b",
    r"^SET\s+(LOCAL\s+|SESSION\s+)?synchronous_commit\b",
    r"^SET\s+(LOCAL\s+|SESSION\s+)?default_transaction_isolation\b",
]
NOTHING = "SET fake_cockroach.ignored = 'on'"

# What a cluster has and PostgreSQL has not. A column named rowid is a hidden one; a table without one is addressed by
# its place.
HIDDEN = (
    "(SELECT c.*, CASE WHEN c.column_name = 'rowid' THEN 'YES' ELSE 'NO' END AS is_hidden"
    " FROM information_schema.columns c)"
)
REWRITTEN = [
    (r"\bcrdb_internal\.cluster_id\(\)", f"'{CLUSTER_ID}'::uuid"),
    (r"\binformation_schema\.columns(?=\s+AS\b)", HIDDEN),
    (r"\browid = \(SELECT rowid FROM", "ctid = (SELECT ctid FROM"),
    (r"\b(?:pg_catalog\.)?pg_(?:try_)?advisory_\w+\([^()]*\)", "true"),
]

# A cluster gives these no reason to fail, or retries them by itself.
NEVER_RETRIED = re.compile(r"^(SET|SHOW|RESET|ROLLBACK|DEALLOCATE|DISCARD)\b|^SELECT version\(\)", re.IGNORECASE)

TOKENS = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/ | ;""",
    re.DOTALL | re.VERBOSE,
)


def split(sql: str) -> list[str]:
    """The statements of a simple query."""
    out, start = [], 0
    for token in TOKENS.finditer(sql):
        if token.group() == ";":
            out.append(sql[start : token.start()].strip())
            start = token.end()
    return [statement for statement in [*out, sql[start:].strip()] if statement]


def bare(statement: str) -> str:
    """Without its literals, quoted names and comments."""
    return TOKENS.sub("''", statement).strip()


def raising(sqlstate: str, message: str) -> str:
    quoted = message.replace("'", "''")
    return f"DO $fake$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = '{quoted}'; END $fake$"


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def error_message(sqlstate: str, text: str) -> bytes:
    fields = {"S": "ERROR", "V": "ERROR", "C": sqlstate, "M": text}
    return message(b"E", b"".join(key.encode() + value.encode() + b"\0" for key, value in fields.items()) + b"\0")


class Fake:
    """What all sessions share."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.server = arguments.server.rsplit(":", 1)
        self.version: str = arguments.version
        self.plain: bool = arguments.plain
        self.retry_every: int = arguments.retry_every
        self.ambiguous_every: int = arguments.ambiguous_every
        self.unknown_outcomes = itertools.cycle((True, False))  # in turn: few commits meet both
        self._chance = random.Random(arguments.seed)
        self._log: IO[str] = open(arguments.log, "a", buffering=1) if arguments.log else sys.stderr

    def one_in(self, count: int) -> bool:
        return count > 0 and self._chance.randrange(count) == 0

    def pick(self, things: Sequence[Any]) -> Any:
        return self._chance.choice(things)

    def note(self, what: str, statement: str) -> None:
        self._log.write(f"{what} {' '.join(statement.split())[:300]}\n")

    def answer(self, statement: str) -> str:
        """What the real server is given in place of a statement."""
        if self.plain:
            return statement
        if bare(statement).lower() == "select version()":
            return f"SELECT 'CockroachDB CCL {self.version} (x86_64-pc-linux-gnu, a fake)'::text AS version"
        words = bare(statement)
        for lack in LACKS:
            if re.search(lack.pattern, words, re.IGNORECASE | re.DOTALL):
                self.note("refused", statement)
                return raising(lack.sqlstate, lack.message)
        if any(re.search(pattern, words, re.IGNORECASE) for pattern in IGNORED):
            return NOTHING
        for pattern, replacement in REWRITTEN:
            statement = re.sub(pattern, replacement, statement)
        return statement


class Session:
    """One client, and its session on the real server."""

    def __init__(self, fake: Fake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._fake, self._client_in, self._client_out = fake, reader, writer
        self._awaited: deque[str] = deque()  # requests whose answers are due; "hidden": a Parse of the fake's own
        self._fail_copy = False
        self._forged: tuple[str, str] | None = None  # sqlstate and text of the next error
        self._swapped: bytes | None = None  # this command's completion becomes an error of unknown outcome
        self._refused: set[bytes] = set()  # prepared statements that are none
        self._binds_left: int | None = None  # before one is made to fail; None: not decided for this request

    async def run(self) -> None:
        startup = await self._startup()
        if startup is None:
            return
        self._server_in, self._server_out = await asyncio.open_connection(*self._fake.server)
        self._server_out.write(startup)
        if struct.unpack("!I", startup[4:8])[0] == 80877102:  # a cancel request has no answer
            await self._server_out.drain()
            self._server_out.close()
            return
        both = [asyncio.create_task(self._from_client()), asyncio.create_task(self._from_server())]
        _, rest = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        self._server_out.close()

    async def _startup(self) -> bytes | None:
        while True:
            length = await self._client_in.readexactly(4)
            body = await self._client_in.readexactly(struct.unpack("!I", length)[0] - 4)
            if struct.unpack("!I", body[:4])[0] in (80877103, 80877104):  # TLS, GSS
                self._client_out.write(b"N")
                continue
            if b"\0replication\0" in body:
                self._client_out.write(error_message("0A000", "unimplemented: replication"))
                return None
            return length + body

    # --- from the client to the server ---

    async def _from_client(self) -> None:
        while True:
            header = await self._client_in.readexactly(5)
            body = await self._client_in.readexactly(struct.unpack("!I", header[1:])[0] - 4)
            handler = getattr(self, "_on_" + header[:1].decode(), None)
            self._server_out.write(handler(body) if handler else header + body)
            await self._server_out.drain()

    def _on_Q(self, body: bytes) -> bytes:
        self._awaited.append("query")
        statements = split(body[:-1].decode())
        given = [self._fake.answer(statement) for statement in statements]
        open_to_retries = [i for i, statement in enumerate(statements) if not NEVER_RETRIED.search(statement)]
        if "COMMIT" in statements and self._fake.one_in(self._fake.ambiguous_every):
            self._make_ambiguous(statements, given)
        elif open_to_retries and self._fake.one_in(self._fake.retry_every):
            at = self._fake.pick(open_to_retries)
            self._fake.note("retry", statements[at])
            if re.match(r"COPY .* FROM STDIN", statements[at], re.DOTALL) and self._fake.one_in(2):
                self._fail_copy = True  # when its rows are there
            else:
                given = [*given[:at], raising("40001", RETRY)]
        return message(b"Q", "; ".join(given).encode() + b"\0")

    def _make_ambiguous(self, statements: list[str], given: list[str]) -> None:
        """Committed or not, the client is told that nobody knows."""
        committed = next(self._fake.unknown_outcomes)
        self._fake.note("ambiguous-committed" if committed else "ambiguous-lost", "; ".join(statements))
        given[statements.index("COMMIT")] = "COMMIT" if committed else "ROLLBACK"
        self._swapped = b"COMMIT\0" if committed else b"ROLLBACK\0"

    def _on_P(self, body: bytes) -> bytes:
        self._awaited.append("parse")
        name, sql, types = body.split(b"\0", 2)
        given = self._fake.answer(sql.decode())
        self._refused.discard(name)
        if given.startswith("DO $fake$"):
            self._refused.add(name)
            types = b"\0\0"
        return message(b"P", name + b"\0" + given.encode() + b"\0" + types)

    def _on_B(self, body: bytes) -> bytes:
        portal, statement, _ = body.split(b"\0", 2)
        out = b""
        if statement not in self._refused:
            if self._binds_left is None:
                picked = self._fake.one_in(self._fake.retry_every)
                self._binds_left = self._fake.pick([0, 0, 1, 3]) if picked else -1
            elif self._binds_left >= 0:
                self._binds_left -= 1
            if self._binds_left != 0:
                self._awaited.append("bind")
                return message(b"B", body)
            self._binds_left = -1
            self._fake.note("retry", f"prepared statement {statement.decode()}")
            self._awaited.append("hidden")
            out = message(b"P", b"\0" + raising("40001", RETRY).encode() + b"\0\0\0")
            statement = b""
        self._awaited.append("bind")
        return out + message(b"B", portal + b"\0" + statement + b"\0" + b"\0\0" * 3)

    def _on_D(self, body: bytes) -> bytes:
        self._awaited.append("describe")
        return message(b"D", body)

    def _on_E(self, body: bytes) -> bytes:
        self._awaited.append("execute")
        return message(b"E", body)

    def _on_C(self, body: bytes) -> bytes:
        self._awaited.append("close")
        return message(b"C", body)

    def _on_S(self, body: bytes) -> bytes:
        self._awaited.append("sync")
        self._binds_left = None
        return message(b"S", body)

    def _on_c(self, body: bytes) -> bytes:
        if not self._fail_copy:
            return message(b"c", body)
        self._fail_copy = False
        self._forged = ("40001", RETRY)
        return message(b"f", b"a fake retry\0")

    def _on_f(self, body: bytes) -> bytes:
        self._fail_copy = False
        return message(b"f", body)

    # --- from the server to the client ---

    async def _from_server(self) -> None:
        while True:
            header = await self._server_in.readexactly(5)
            body = await self._server_in.readexactly(struct.unpack("!I", header[1:])[0] - 4)
            self._client_out.write(self._answer(header[:1], body))
            await self._client_out.drain()

    def _answer(self, kind: bytes, body: bytes) -> bytes:
        if kind == b"S" and body.startswith(b"server_version\0") and not self._fake.plain:
            return message(kind, b"server_version\0" + PROTOCOL_VERSION.encode() + b"\0")
        if kind == b"C" and self._swapped == body:
            self._swapped = None
            return error_message("40003", AMBIGUOUS)
        if kind == b"E" and self._forged is not None:
            forged, self._forged = self._forged, None
            self._note_answer(kind)
            return error_message(*forged)
        if kind == b"E":  # a cluster's own words, not those of somebody's function
            body = body.replace(b"\0Rexec_stmt_raise\0", b"\0Ra_fake_cluster\0")
        return message(kind, body) if self._note_answer(kind) else b""

    def _note_answer(self, kind: bytes) -> bool:
        """Takes the answered request off; false: the client did not ask."""
        awaited = self._awaited
        if not awaited:
            return True
        if kind == b"Z":
            awaited.popleft()
            self._swapped = None
        elif awaited[0] == "query":
            return True
        elif kind == b"E":
            while awaited and awaited[0] != "sync":
                awaited.popleft()
        elif kind == b"1":
            return awaited.popleft() != "hidden"
        elif kind in b"23" or (kind in b"Tn" and awaited[0] == "describe"):
            awaited.popleft()
        elif kind in b"CIs" and awaited[0] == "execute":
            awaited.popleft()
        return True


async def serve(arguments: argparse.Namespace) -> None:
    fake = Fake(arguments)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Session(fake, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", arguments.port, limit=1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


class FakeCockroach:
    """The fake in a process of its own, in front of a server of tests/servers."""

    def __init__(
        self,
        server: Any,
        *,
        version: str = VERSION,
        plain: bool = False,
        retry_every: int = 0,
        ambiguous_every: int = 0,
        seed: int = 1,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fake-cockroach-"))
        self._log, said = self._folder / "log", self._folder / "port"
        command: list[str | Path] = [sys.executable, Path(__file__), "--server", f"127.0.0.1:{server.port}", "--log", self._log]
        command += ["--version", version, "--retry-every", str(retry_every), "--seed", str(seed)]
        command += ["--ambiguous-every", str(ambiguous_every), *(["--plain"] if plain else [])]
        with said.open("wb") as out, (self._folder / "stderr").open("wb") as err:
            self._process = Process(command, stdout=out, stderr=err)
        wait_until(lambda: said.read_text().endswith("\n") or not self._process.running(), 10, "the fake to listen")
        self.port = int(said.read_text())

    def __enter__(self) -> FakeCockroach:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def uri(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def noted(self, what: str) -> list[str]:
        """The statements that were "refused", answered with "retry", "ambiguous-committed" or "ambiguous-lost"."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(what + " ")]

    def errors(self) -> str:
        return (self._folder / "stderr").read_text()

    def close(self) -> None:
        if self._process.running():
            self._process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, metavar="HOST:PORT", help="the PostgreSQL behind it")
    parser.add_argument("--port", type=int, default=0, help="to listen on; 0: a free one, printed")
    parser.add_argument("--version", default=VERSION)
    parser.add_argument("--plain", action="store_true", help="be the PostgreSQL it is, but for the retries")
    parser.add_argument("--retry-every", type=int, default=0, metavar="N", help="one request in N fails with 40001")
    parser.add_argument("--ambiguous-every", type=int, default=0, metavar="N", help="one COMMIT in N, with 40003")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", help="what was refused and retried, a line each")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
