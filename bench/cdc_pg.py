"""cdc-pg: draining pgbench transactions that piled up, against the server's own replication and decoding alone."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import compare
import measure
from measure import Sample
from processes import wait_until
from servers import PostgresServer, client
from worker import Task

# The retry interval is also how long an enabled subscription waits before it starts: 5 s, which are not to be counted.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB", "wal_retrieve_retry_interval": "20ms"}
CLIENTS = 4


class DrainBench:
    """One backlog, drained three times: by a task, by a subscription and by a reader that throws all away."""

    def __init__(self, source: PostgresServer, target: PostgresServer, scale: int) -> None:
        self._source, self._target = source, target
        self._mark, self._end = (
            0,
            "",
        )  # the last transaction of the backlog inserts this mark; where the log ends then
        self._uri = source.create_database("bench")
        measure.run([client("pgbench"), "-i", "-q", "-s", str(scale), self._uri])
        source.psql("CREATE TABLE bench_marker (id int PRIMARY KEY)", "bench")
        self._task = Task(self._uri, target.create_database("ours"))
        self._check(self._task.catch_up(timeout_s=600).code == 0, "the load before the benchmark failed")
        self._subscribe()
        source.query("SELECT pg_create_logical_replication_slot('bench_decoding', 'pgoutput')", "bench")

    @staticmethod
    def _check(holds: bool, otherwise: str) -> None:
        if not holds:
            raise measure.CommandFailed(otherwise)

    def _subscribe(self) -> None:
        uri = self._target.create_database("native")
        command = [str(client("pg_dump")), "--schema-only", "--no-publications", self._uri]
        dump = subprocess.run(command, capture_output=True, text=True, check=True)
        self._target.psql(dump.stdout, "native")
        self._source.query("CREATE PUBLICATION bench FOR ALL TABLES", "bench")
        self._target.query(f"CREATE SUBSCRIPTION bench CONNECTION '{self._uri}' PUBLICATION bench", "native")
        ready = "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"
        wait_until(lambda: bool(self._target.value(ready, "native")), 600, f"{uri} to be copied")
        self._target.query("ALTER SUBSCRIPTION bench DISABLE", "native")

    def pile_up(self, transactions: int) -> None:
        each = str(transactions // CLIENTS)
        self._mark += 1
        measure.run([client("pgbench"), "-n", "-c", str(CLIENTS), "-j", "2", "-t", each, self._uri])
        self._source.query(f"INSERT INTO bench_marker VALUES ({self._mark})", "bench")
        self._end = self._source.value("SELECT pg_current_wal_insert_lsn()", "bench")
        for server in (self._source, self._target):
            server.query("CHECKPOINT")

    def godwit(self) -> Sample:
        outcome = self._task.catch_up(timeout_s=3600)
        self._check(outcome.code == 0, str(outcome))
        self._check(bool(self._target.value(self._marked(), "ours")), "the end of the backlog is not there")
        return Sample(outcome.ended.wall_s, outcome.ended.cpu_s, outcome.ended.peak_rss_mb)

    def native(self) -> Sample:
        """From ENABLE until the last transaction can be seen."""
        connection = self._target.connect("native")
        with connection.cursor() as cursor:

            def seen() -> bool:
                cursor.execute(self._marked())
                return bool(cursor.fetchone()[0])

            start = time.monotonic()
            cursor.execute("ALTER SUBSCRIPTION bench ENABLE")
            wait_until(seen, 3600, "native replication to catch up", 0.01)
            sample = Sample(time.monotonic() - start)
            cursor.execute("ALTER SUBSCRIPTION bench DISABLE")
        connection.close()
        return sample

    def _marked(self) -> str:
        return f"SELECT EXISTS (SELECT FROM bench_marker WHERE id = {self._mark})"

    def decoding(self) -> Sample:
        options = ["-o", "proto_version=1", "-o", "publication_names=bench"]
        return measure.run(
            [
                client("pg_recvlogical"),
                "-d",
                self._uri,
                "-S",
                "bench_decoding",
                "--start",
                "-f",
                Path("/dev/null"),
                "--endpos",
                self._end,
                *options,
            ]
        )

    def verify(self) -> None:
        wrong = compare.table_differences(self._uri, self._target.uri("ours"))
        self._check(not wrong, "\n".join(wrong))

    def close(self) -> None:
        self._task.close()
        self._target.query("DROP SUBSCRIPTION bench", "native")


def main(scale: int, pairs: int, transactions: int) -> None:
    with PostgresServer(settings=SETTINGS).start() as source, PostgresServer(
        identity="target", settings=SETTINGS
    ).start() as target:
        print(f"pgbench with {scale * 100_000:,} accounts, loaded for both …", flush=True)
        bench = DrainBench(source, target, scale)
        contenders = {"godwit": bench.godwit, "native replication": bench.native, "decoding alone": bench.decoding}
        samples = measure.alternate(contenders, pairs, before_each=lambda: bench.pile_up(transactions))
        bench.verify()
        bench.close()
        measure.report(f"cdc-pg: a backlog of {transactions:,} transactions", samples, goal="native replication")
