"""cdc-mysql: draining sysbench's writes that piled up in MariaDB, beside MariaDB's own replicas."""

from __future__ import annotations

import time

import compare
import measure
from measure import Contender, Sample
from mysql_server import MySqlServer
from servers import PostgresServer, Server
from sysbench import Sysbench
from worker import Task, without_engine

DATABASE = "bench"
TABLES, ROWS = 4, 100_000
CLIENTS = 4
SOURCE_SETTINGS = {"innodb_buffer_pool_size": "512M", "max_binlog_size": "256M"}
# A replica writes a log as the target of a task does.
REPLICA_SETTINGS = {"innodb_buffer_pool_size": "512M", "log_slave_updates": "ON"}
PARALLEL = {"slave_parallel_threads": "4", "slave_parallel_mode": "optimistic"}
POSTGRES_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB"}
INTO_POSTGRES, INTO_MARIADB = "godwit into PostgreSQL", "godwit into MariaDB"
REPLICA, PARALLEL_REPLICA = "replica", "replica, 4 parallel threads"


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise measure.CommandFailed(otherwise)


class Replica:
    """A MariaDB that replicates by itself, and stands still but while it is measured."""

    def __init__(self, server: MySqlServer, source: MySqlServer) -> None:
        self.server, self._source = server, source
        where = f"MASTER_HOST='127.0.0.1', MASTER_PORT={source.port}, MASTER_USER='root'"
        server.query(f"CHANGE MASTER TO {where}, MASTER_USE_GTID=slave_pos")

    def drain(self) -> Sample:
        """From START SLAVE until the last transaction is there."""
        end = self._source.value("SELECT @@gtid_binlog_pos")
        connection = self.server.connect()
        cursor = connection.cursor()
        start = time.monotonic()
        cursor.execute("START SLAVE")
        cursor.execute(f"SELECT MASTER_GTID_WAIT('{end}', 3600)")
        reached = cursor.fetchone()[0] == 0
        sample = Sample(time.monotonic() - start)
        cursor.execute("SHOW SLAVE STATUS")
        status = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
        check(reached, f"the replica did not get there: {status['Last_Error'] or status['Last_IO_Error']}")
        cursor.execute("STOP SLAVE")
        connection.close()
        return sample


class DrainBench:
    """One backlog, drained by each contender into a server of its own."""

    def __init__(self, source: MySqlServer, targets: dict[str, Server], replicas: dict[str, MySqlServer]) -> None:
        self._source, self._targets = source, targets
        self._uri = source.create_database(DATABASE)
        self._bench = Sysbench(source, DATABASE, tables=TABLES, rows=ROWS)
        self._bench.prepare()
        self._replicas = {name: Replica(server, source) for name, server in replicas.items()}
        for replica in self._replicas.values():
            replica.drain()
        reason = without_engine("mariadb")
        if reason:
            print(f"  godwit takes no part: {reason}")
        self._tasks: dict[str, Task] = {}
        for name, server in {} if reason else targets.items():
            self._tasks[name] = Task(self._uri, server.create_database(DATABASE), task_id=name.split()[-1].lower())
            self._drain(name)

    def _drain(self, name: str) -> Sample:
        outcome = self._tasks[name].catch_up(timeout_s=3600)
        check(outcome.code == 0, str(outcome))
        return Sample(outcome.ended.wall_s, outcome.ended.cpu_s, outcome.ended.peak_rss_mb)

    def contenders(self) -> dict[str, Contender]:
        ours: dict[str, Contender] = {name: lambda name=name: self._drain(name) for name in self._tasks}
        return {**ours, **{name: replica.drain for name, replica in self._replicas.items()}}

    def pile_up(self, transactions: int) -> None:
        self._bench.run_events(transactions, CLIENTS, test="oltp_write_only")

    def verify(self) -> None:
        uris = {name: replica.server.uri(DATABASE) for name, replica in self._replicas.items()}
        uris |= {name: self._targets[name].uri(DATABASE) for name in self._tasks}
        for name, uri in uris.items():
            wrong = compare.table_differences(self._uri, uri)
            check(not wrong, f"{name}: " + "\n".join(wrong))

    def close(self) -> None:
        for task in self._tasks.values():
            task.close()


def main(pairs: int, transactions: int) -> None:
    replica_settings = {REPLICA: REPLICA_SETTINGS, PARALLEL_REPLICA: {**REPLICA_SETTINGS, **PARALLEL}}
    with MySqlServer(settings=SOURCE_SETTINGS).start() as source, PostgresServer(
        identity="target", settings=POSTGRES_SETTINGS
    ).start() as postgres, MySqlServer(identity="target", settings=REPLICA_SETTINGS).start() as mariadb, MySqlServer(
        identity="target", settings=replica_settings[REPLICA]
    ).start() as replica, MySqlServer(
        identity="target", settings=replica_settings[PARALLEL_REPLICA]
    ).start() as parallel:
        print(f"{TABLES} sysbench tables of {ROWS:,} rows, loaded for all …", flush=True)
        targets: dict[str, Server] = {INTO_POSTGRES: postgres, INTO_MARIADB: mariadb}
        bench = DrainBench(source, targets, {REPLICA: replica, PARALLEL_REPLICA: parallel})
        try:
            samples = measure.alternate(bench.contenders(), pairs, before_each=lambda: bench.pile_up(transactions))
            bench.verify()
        finally:
            bench.close()
    title = f"cdc-mysql: a backlog of {transactions:,} transactions"
    measure.report_peers(title, samples)
    for ours in (INTO_POSTGRES, INTO_MARIADB):
        for peer in (REPLICA, PARALLEL_REPLICA) if ours in samples else ():
            print(f"  {ours} / {peer}: {measure.ratio(samples[ours], samples[peer]):.2f} of its wall time")
