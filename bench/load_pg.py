"""load-pg: a full load of a pgbench database, primary keys included, against pgcopydb and psql | psql."""

from __future__ import annotations

import shutil
import tempfile

import measure
from measure import Sample
from servers import PostgresServer, client
from worker import Task

TABLES = ("pgbench_accounts", "pgbench_branches", "pgbench_history", "pgbench_tellers")
SETTINGS = {"shared_buffers": "512MB", "maintenance_work_mem": "256MB", "max_wal_size": "8GB"}


class LoadBench:
    def __init__(self, source: PostgresServer, target: PostgresServer, jobs: int) -> None:
        self._source, self._target, self._jobs = source, target, jobs
        self._source_uri = source.create_database("bench")

    def fill(self, scale: int) -> None:
        print(f"pgbench with {scale * 100_000:,} accounts …", flush=True)
        measure.run([client("pgbench"), "-i", "-q", "-s", str(scale), self._source_uri])
        self._source.query("VACUUM ANALYZE", "bench")

    def _fresh_target(self) -> str:
        self._target.drop_database("bench")
        uri = self._target.create_database("bench")
        self._target.query("CHECKPOINT")
        return uri

    def _verified(self, sample: Sample) -> Sample:
        count = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        key = "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid::regclass::text LIKE 'pgbench%'"
        for question in (count, key):
            here, there = (server.query(question, "bench") for server in (self._source, self._target))
            if here != there:
                raise measure.CommandFailed(f"not equal afterwards: {here} on the source, {there} on the target")
        return sample

    def godwit(self) -> Sample:
        settings = {"FullLoadSettings": {"MaxFullLoadSubTasks": self._jobs}}
        with Task(self._source_uri, self._fresh_target(), settings=settings) as task:
            outcome = task.migrate("--type", "full-load", timeout_s=3600)
            if outcome.code != 0:
                raise measure.CommandFailed(str(outcome))
            ended = outcome.ended
        return self._verified(Sample(ended.wall_s, ended.cpu_s, ended.peak_rss_mb))

    def pgcopydb(self) -> Sample:
        folder = tempfile.mkdtemp(prefix="godwit-pgcopydb-")
        jobs = ["--table-jobs", str(self._jobs), "--index-jobs", str(self._jobs)]
        ends = ["--source", self._source_uri, "--target", self._fresh_target()]
        try:
            command = [
                "pgcopydb",
                "clone",
                *ends,
                *jobs,
                "--dir",
                folder,
                "--no-owner",
                "--no-acl",
                "--skip-large-objects",
            ]
            return self._verified(measure.run(command))
        finally:
            shutil.rmtree(folder)

    def psql(self) -> Sample:
        target = self._fresh_target()
        dump, psql = f"{client('pg_dump')} --schema-only", f"{client('psql')} -Xq -v ON_ERROR_STOP=1"
        lines = ["set -e", f"{dump} --section=pre-data {self._source_uri} | {psql} {target} >/dev/null"]
        lines += [
            f"{psql} -c 'COPY {table} TO STDOUT' {self._source_uri} | {psql} -c 'COPY {table} FROM STDIN' {target}"
            for table in TABLES
        ]
        lines += [f"{dump} --section=post-data {self._source_uri} | {psql} {target} >/dev/null"]
        return self._verified(measure.run(["bash", "-o", "pipefail", "-c", "\n".join(lines)]))


def main(scale: int, pairs: int, jobs: int) -> None:
    with PostgresServer(settings=SETTINGS).start() as source, PostgresServer(
        identity="target", settings=SETTINGS
    ).start() as target:
        bench = LoadBench(source, target, jobs)
        bench.fill(scale)
        contenders = {"godwit": bench.godwit, f"pgcopydb, {jobs} jobs": bench.pgcopydb, "psql | psql": bench.psql}
        samples = measure.alternate(contenders, pairs)
        measure.report(f"load-pg: {scale * 100_000:,} rows, keys included", samples, goal=f"pgcopydb, {jobs} jobs")
