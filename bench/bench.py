#!/usr/bin/env python3
"""One command per scenario; peers are measured in the same run, in turns with ours.

    ./dev bench load-pg     full load of pgbench, keys included: pgcopydb with the same jobs, psql | psql
    ./dev bench cdc-pg      draining piled-up pgbench transactions: the server's own replication, decoding alone
    ./dev bench load-mysql  full load of sysbench tables, MariaDB to PostgreSQL: pgloader; mydumper and COPY alone
    ./dev bench cdc-mysql   draining piled-up sysbench writes of MariaDB: MariaDB's replicas, one thread and parallel
    ./dev bench memory      peak memory for a 5 GB table and a transaction of 5 million rows
    ./dev bench api         the calls of the console with 200 tasks and 1,000 endpoints, one and 50 at a time
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/servers"))

import api  # noqa: E402  (after the path is set)
import cdc_mysql  # noqa: E402
import cdc_pg  # noqa: E402
import load_mysql  # noqa: E402
import load_pg  # noqa: E402
import memory  # noqa: E402
from measure import CommandFailed  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scenarios = parser.add_subparsers(dest="scenario", required=True)
    load = scenarios.add_parser("load-pg")
    load.add_argument("--scale", type=int, default=40, help="pgbench's: hundred thousands of rows (40)")
    load.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 2, help="lanes, for all alike (the number of CPUs)"
    )
    cdc = scenarios.add_parser("cdc-pg")
    cdc.add_argument("--scale", type=int, default=10, help="pgbench's: hundred thousands of rows (10)")
    cdc.add_argument("--transactions", type=int, default=100_000, help="in the backlog (100,000)")
    load_rows = scenarios.add_parser("load-mysql")
    load_rows.add_argument("--rows", type=int, default=1_000_000, help="in each of two tables (1,000,000)")
    load_rows.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 2, help="lanes, of ours and mydumper (the number of CPUs)"
    )
    drain = scenarios.add_parser("cdc-mysql")
    drain.add_argument("--transactions", type=int, default=100_000, help="in the backlog (100,000)")
    for scenario in (load, cdc, load_rows, drain):
        scenario.add_argument("--pairs", type=int, default=3, help="how often each contender runs (3)")
    scenarios.add_parser("memory").add_argument("--fraction", type=float, default=1.0, help="of the full sizes (1.0)")
    calls = scenarios.add_parser("api")
    calls.add_argument("--tasks", type=int, default=200, help="in the store, three of them running (200)")
    calls.add_argument("--endpoints", type=int, default=1000, help="in the store (1,000)")
    calls.add_argument("--seconds", type=float, default=3, help="at most for each call with 50 in flight (3)")
    given = parser.parse_args()
    try:
        if given.scenario == "load-pg":
            load_pg.main(given.scale, given.pairs, given.jobs)
        elif given.scenario == "cdc-pg":
            cdc_pg.main(given.scale, given.pairs, given.transactions)
        elif given.scenario == "load-mysql":
            load_mysql.main(given.rows, given.pairs, given.jobs)
        elif given.scenario == "cdc-mysql":
            cdc_mysql.main(given.pairs, given.transactions)
        elif given.scenario == "memory":
            return memory.main(given.fraction)
        else:
            return api.main(given.tasks, given.endpoints, given.seconds)
    except CommandFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
