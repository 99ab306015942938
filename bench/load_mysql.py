"""load-mysql: a full load of sysbench tables from MariaDB into PostgreSQL, keys included, against pgloader."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Sequence

import compare
import measure
from measure import Contender, Sample
from mysql_server import MySqlServer
from servers import PostgresServer, client
from sysbench import Sysbench
from worker import Task, without_engine

TABLES = ("sbtest1", "sbtest2")
DATABASE = "bench"
SETTINGS = {"shared_buffers": "512MB", "maintenance_work_mem": "256MB", "max_wal_size": "8GB"}
SOURCE_SETTINGS = {"innodb_buffer_pool_size": "1G"}
ROWS_ALONE = "CREATE TABLE {table} (id integer, k integer, c character(120), pad character(60))"
SUM = "mydumper + COPY"
PGLOADER_MAX = 0.25


class LoadBench:
    def __init__(self, source: MySqlServer, target: PostgresServer, jobs: int) -> None:
        self._source, self._target, self._jobs = source, target, jobs
        self._source_uri = source.create_database(DATABASE)
        self._folder = Path(tempfile.mkdtemp(prefix="godwit-bench-"))

    def fill(self, rows: int) -> None:
        print(f"{len(TABLES)} sysbench tables of {rows:,} rows …", flush=True)
        Sysbench(self._source, DATABASE, tables=len(TABLES), rows=rows).prepare()
        self._source.query("ANALYZE TABLE " + ", ".join(TABLES), DATABASE)
        for table in TABLES:  # for "COPY alone"; sysbench writes no value that the two would escape otherwise
            self._source.write_rows(f"SELECT * FROM {table}", DATABASE, self._folder / table)

    def close(self) -> None:
        shutil.rmtree(self._folder)

    def contenders(self) -> dict[str, Contender]:
        peers: dict[str, Contender] = {"pgloader": self.pgloader, "mydumper": self.mydumper, "COPY": self.copy}
        if reason := without_engine("mariadb"):
            print(f"  godwit takes no part: {reason}")
            return peers
        return {"godwit": self.godwit, **peers}

    def _fresh_target(self) -> str:
        self._target.drop_database(DATABASE)
        uri = self._target.create_database(DATABASE)
        self._target.query("CHECKPOINT")
        return uri

    def _verified(self, sample: Sample) -> Sample:
        """Every row and both keys of each table are there."""
        for table in TABLES:
            here = self._source.value(f"SELECT count(*) FROM {table}", DATABASE)
            there = self._target.value(f"SELECT count(*) FROM {DATABASE}.{table}", DATABASE)
            keys = self._target.value(
                f"SELECT count(*) FROM pg_index WHERE indrelid = '{DATABASE}.{table}'::regclass", DATABASE
            )
            if here != there or keys != 2:
                raise measure.CommandFailed(f"{table}: {here} rows on the source, {there} and {keys} keys on the target")
        return sample

    def godwit(self) -> Sample:
        settings = {"FullLoadSettings": {"MaxFullLoadSubTasks": self._jobs}}
        target_uri = self._fresh_target()
        with Task(self._source_uri, target_uri, settings=settings) as task:
            outcome = task.migrate("--type", "full-load", timeout_s=3600)
            if outcome.code != 0:
                raise measure.CommandFailed(str(outcome))
            ended = outcome.ended
        if wrong := compare.table_differences(self._source_uri, target_uri):
            raise measure.CommandFailed("\n".join(wrong))
        return self._verified(Sample(ended.wall_s, ended.cpu_s, ended.peak_rss_mb))

    def pgloader(self) -> Sample:
        ends = [self._source_uri.replace("mariadb:", "mysql:"), self._fresh_target()]
        # Debian's build has a heap of 1 GB, which its own default of 100,000 rows to read ahead exhausts.
        how = ["--no-ssl-cert-verification", "--with", "prefetch rows = 10000", "--root-dir", self._folder / "pgloader"]
        return self._verified(measure.run(["pgloader", *how, *ends]))

    def mydumper(self) -> Sample:
        """What reading and writing to files costs the peer of the source."""
        folder = Path(tempfile.mkdtemp(prefix="godwit-mydumper-"))
        where = ["--host", "127.0.0.1", "--port", str(self._source.port), "--user", "root", "--database", DATABASE]
        try:
            return measure.run(["mydumper", *where, "--threads", str(self._jobs), "--outputdir", folder])
        finally:
            shutil.rmtree(folder)

    def copy(self) -> Sample:
        """What PostgreSQL needs for the same rows from a file, all tables at once, without keys."""
        uri = self._fresh_target()
        for table in TABLES:
            self._target.query(ROWS_ALONE.format(table=table), DATABASE)
        commands = [f"{client('psql')} -Xq -c '\\copy {table} FROM {self._folder / table}' {uri}" for table in TABLES]
        waits = "for pid in $pids; do wait $pid; done"
        return measure.run(["bash", "-ec", "".join(f"{line} & pids+=\" $!\"\n" for line in commands) + waits])


def both(one: Sequence[Sample], other: Sequence[Sample]) -> list[Sample]:
    return [Sample(a.wall_s + b.wall_s, (a.cpu_s or 0) + (b.cpu_s or 0)) for a, b in zip(one, other, strict=True)]


def main(rows: int, pairs: int, jobs: int) -> None:
    with MySqlServer(settings=SOURCE_SETTINGS).start() as source, PostgresServer(
        identity="target", settings=SETTINGS
    ).start() as target:
        bench = LoadBench(source, target, jobs)
        try:
            bench.fill(rows)
            samples = measure.alternate(bench.contenders(), pairs)
        finally:
            bench.close()
    samples[SUM] = both(samples["mydumper"], samples["COPY"])
    title = f"load-mysql: {len(TABLES)} x {rows:,} rows, keys included"
    if "godwit" in samples:
        measure.report(title, samples, goal="pgloader", at_most=PGLOADER_MAX)
    else:
        measure.report_peers(title, samples)
