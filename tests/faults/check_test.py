"""godwit check: every finding is shown, what it says to run mends it, and nothing is written on either end."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Iterator

import pytest

from conftest import skip_without_engine
from mysql_server import PASSWORD_USER, MySqlServer
from servers import Server, SharedServers, new_server
from worker import binary

_numbers = itertools.count(1)
TABLE = "CREATE TABLE t (id int PRIMARY KEY, body text)"
LONG = "INSERT INTO t VALUES (1, repeat('x', 143687)), (2, repeat('x', 32768)), (3, 'x')"
LIMITED = {"TargetMetadata": {"FullLobMode": False, "LimitedSizeLobMode": True, "LobMaxSize": 32}}
BATCH = {"TargetMetadata": {"BatchApplyEnabled": True}}
TRUNCATE = {"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}}


@dataclass
class Ends:
    source: Server
    target: Server
    database: str
    user: str = ""  # who connects, if not the superuser
    tables: str = "%"
    settings: dict[str, Any] = field(default_factory=dict)
    type: str = "full-load-and-cdc"

    @property
    def schema(self) -> str:
        return self.database if isinstance(self.source, MySqlServer) else "public"

    def words(self, *more: str) -> list[str]:
        locator = {"schema-name": self.schema, "table-name": self.tables}
        rule = {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "object-locator": locator, "rule-action": "include"}
        uris = [server.uri(self.database, *([self.user] if self.user else [])) for server in (self.source, self.target)]
        return [
            *("check", "--output", "json", "--source", uris[0], "--target", uris[1], "--type", self.type),
            *("--table-mappings", json.dumps({"rules": [rule]}), "--task-settings", json.dumps(self.settings), *more),
        ]

    def check(self, *more: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """The exit status, and the results by name."""
        done = subprocess.run([binary(), *self.words(*more)], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode in (0, 3), done.stdout + done.stderr
        return done.returncode, {one["test-name"]: one for one in json.loads(done.stdout)["results"]}

    def carry_out(self, result: dict[str, Any]) -> None:
        done = set()
        for finding in result["results"]:
            remedy = finding["remedy"]
            for statement in remedy["statements"]:
                if statement in done:
                    continue
                done.add(statement)
                if remedy["where"] == "task-settings":
                    for section, values in json.loads(statement).items():
                        self.settings = {**self.settings, section: {**self.settings.get(section, {}), **values}}
                else:
                    server = self.source if remedy["where"] == "source" else self.target
                    server.script(statement, self.database)


@pytest.fixture(scope="module")
def servers() -> Iterator[SharedServers]:
    """Of these tests alone: they change settings, and look at whole servers."""
    own = SharedServers()
    yield own
    own.close()


def ends_of(servers: SharedServers, version: str) -> Iterator[Ends]:
    skip_without_engine(version)
    source, target = servers.get(version, "source"), servers.get(version, "target")
    database = f"check_{next(_numbers)}"
    for server in (source, target):
        server.create_database(database)
    yield Ends(source, target, database)
    for server in (source, target):
        server.drop_database(database)


@pytest.fixture
def ends(servers: SharedServers) -> Iterator[Ends]:
    yield from ends_of(servers, "15")


@pytest.fixture
def maria_ends(servers: SharedServers) -> Iterator[Ends]:
    yield from ends_of(servers, "mariadb")


@dataclass
class Case:
    """SQL that brings a finding about, and what the finding is."""

    name: str
    outcome: str
    source: str = TABLE
    target: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    type: str = "full-load-and-cdc"
    tables: str = "%"
    user: bool = False  # a role of its own connects
    words: str = ""  # in the details of its first finding

    @property
    def id(self) -> str:
        return self.name


POSTGRES = [
    Case("table-with-no-primary-key-or-unique-constraint", "warning", "CREATE TABLE t (id int)"),
    Case("table-with-lob-but-without-primary-key-or-unique-constraint", "warning", "CREATE TABLE t (body text)"),
    Case("godwit-replica-identity", "failed", "CREATE TABLE t (id int)", words="REPLICA IDENTITY"),
    Case("postgres-check-pk", "warning", "CREATE TABLE t (id int)"),
    Case("godwit-unlogged-tables", "failed", "CREATE UNLOGGED TABLE t (id int PRIMARY KEY)", words="UNLOGGED"),
    Case("postgres-check-select-object-privileges", "failed", f"{TABLE}; REVOKE ALL ON t FROM PUBLIC", user=True,
         type="full-load", words="may not read every column"),
    Case("godwit-source-privileges", "failed", f"{TABLE}; GRANT SELECT ON t TO PUBLIC", user=True, words="replication slots"),
    Case("postgres-check-target-privileges", "failed", f"{TABLE}; GRANT SELECT ON t TO PUBLIC", TABLE, user=True,
         type="full-load", words="lacks SELECT, INSERT, UPDATE, DELETE, TRUNCATE"),
    Case("postgres-check-session-replication-role", "warning", f"{TABLE}; GRANT SELECT ON t TO PUBLIC", user=True,
         type="full-load"),
    Case("godwit-truncate-foreign-keys", "failed", TABLE,
         f"{TABLE}; CREATE TABLE outside (id int REFERENCES t CONSTRAINT held_by REFERENCES t)", TRUNCATE, tables="t",
         words="public.outside, which is not part of this task"),
    Case("godwit-target-tables", "warning", TABLE, f"{TABLE}; INSERT INTO t VALUES (1)", words="holds rows"),
    Case("godwit-sequences", "warning", "CREATE TABLE t (id serial PRIMARY KEY)", "CREATE TABLE t (id int PRIMARY KEY)",
         words="counter"),
    Case("postgres-check-limited-lob-size", "warning", f"{TABLE}; {LONG}", settings=LIMITED,
         words="1 value would be cut to 32768 bytes; the largest has 143,687"),
    Case("postgres-check-limited-lob-size", "failed",
         "CREATE TABLE t (id int PRIMARY KEY, d jsonb); INSERT INTO t SELECT 1, jsonb_build_array(repeat('x', 143683))",
         settings=LIMITED, words="What is left of a jsonb after a cut is none: the target refuses the whole row"),
    Case("postgres-check-batch-apply-target-pk-ui-simultaneously", "warning", TABLE,
         f"{TABLE}; ALTER TABLE t ADD UNIQUE (body)", BATCH, words="Unique constraint t_body_key"),
    Case("postgres-check-batch-apply-target-pk-ui-absence", "warning", TABLE, "CREATE TABLE t (id int, body text)", BATCH),
    Case("target-table-has-unique-key-or-primary-key-for-cdc", "warning", TABLE, "CREATE TABLE t (id int, body text)",
         type="cdc"),
    Case("postgres-check-target-secondary-indexes", "warning", TABLE, f"{TABLE}; CREATE INDEX ON t (body)",
         words="1 secondary indexes"),
]

MARIADB = [
    Case("table-with-no-primary-key-or-unique-constraint", "warning", "CREATE TABLE t (id int)"),
    Case("mariadb-check-table-storage-engine", "warning", "CREATE TABLE t (id int PRIMARY KEY) ENGINE = MyISAM"),
    Case("mariadb-check-select-privileges", "failed", user=True, words="cannot read table"),
    Case("mariadb-check-replication-privileges", "failed", user=True, words="BINLOG MONITOR"),
    Case("mariadb-check-target-privileges", "failed", user=True, words="lacks"),
    Case("mariadb-check-binlog-format", "failed", f"{TABLE}; SET GLOBAL binlog_format = STATEMENT", words="STATEMENT"),
    Case("mariadb-check-binlog-image", "warning", f"{TABLE}; SET GLOBAL binlog_row_image = MINIMAL", words="MINIMAL"),
    Case("mariadb-check-binlog-retention-time", "warning", f"{TABLE}; SET GLOBAL binlog_expire_logs_seconds = 3600"),
    Case("mariadb-check-expire-logs-days", "warning", f"{TABLE}; SET GLOBAL binlog_expire_logs_seconds = 0"),
    Case("mariadb-check-source-network-parameter", "warning", f"{TABLE}; SET GLOBAL net_read_timeout = 30; SET GLOBAL "
         "net_write_timeout = 300", words="net_read_timeout"),
    Case("mariadb-check-target-localinfile-set", "failed", TABLE, "SET GLOBAL local_infile = OFF", words="local_infile"),
    Case("mariadb-check-target-network-parameter", "warning", TABLE, "SET GLOBAL wait_timeout = 30", words="wait_timeout"),
    Case("godwit-truncate-foreign-keys", "failed", TABLE,
         f"{TABLE}; CREATE TABLE outside (id int, CONSTRAINT held_by FOREIGN KEY (id) REFERENCES t (id))", TRUNCATE,
         tables="t", words="held_by"),
    Case("godwit-target-tables", "warning", TABLE, f"{TABLE}; INSERT INTO t VALUES (1, '')", words="holds rows"),
    Case("godwit-limited-lob-size", "warning", f"CREATE TABLE t (id int PRIMARY KEY, body longtext); {LONG}",
         settings=LIMITED, words="1 value would be cut to 32768 bytes; the largest has 143,687"),
    Case("mariadb-check-batch-apply-target-pk-ui-simultaneously", "warning", "CREATE TABLE t (id int PRIMARY KEY, n int)",
         "CREATE TABLE t (id int PRIMARY KEY, n int, UNIQUE KEY u (n))", BATCH, words="Unique index u"),
    Case("mariadb-check-secondary-indexes", "warning", "CREATE TABLE t (id int PRIMARY KEY, n int)",
         "CREATE TABLE t (id int PRIMARY KEY, n int, KEY k (n))", words="1 secondary indexes"),
]


def try_case(ends: Ends, case: Case) -> None:
    if case.user:
        for server in (ends.source, ends.target):
            if isinstance(server, MySqlServer):
                server.script("CREATE OR REPLACE USER checker IDENTIFIED BY ''")
            elif not server.query("SELECT 1 FROM pg_roles WHERE rolname = 'checker'"):
                server.script("CREATE ROLE checker LOGIN")
        ends.user = "checker"
    ends.source.script(case.source, ends.database)
    ends.target.script(case.target, ends.database)
    ends.settings, ends.type, ends.tables = case.settings, case.type, case.tables
    if case.user and isinstance(ends.source, MySqlServer) and "select" not in case.name:
        ends.source.script("GRANT SELECT ON *.* TO checker")
    elif case.user and isinstance(ends.source, MySqlServer):
        ends.source.script(f"GRANT INSERT ON {ends.database}.t TO checker")
    code, results = ends.check()  # all of them together
    found = results[case.name]
    assert found["test-result"] == case.outcome, found
    assert found["results"] and case.words in found["results"][0]["details"], found
    assert code == (3 if any(one["test-result"] == "failed" for one in results.values()) else 0)
    ends.carry_out(found)
    code, again = ends.check("--include", case.name)
    assert (code, again[case.name]["test-result"]) == (0, "passed"), again
    assert ends.check("--include", case.name) == (code, again)  # the second run says the same


@pytest.mark.parametrize("case", POSTGRES, ids=lambda case: case.id)
def test_postgres_finds_and_mends(case: Case, ends: Ends) -> None:
    try_case(ends, case)
    if case.user:
        for server in (ends.source, ends.target):
            server.script("DROP OWNED BY checker CASCADE", ends.database)
            server.script("DROP ROLE checker")


@pytest.mark.parametrize("case", MARIADB, ids=lambda case: case.id)
def test_mariadb_finds_and_mends(case: Case, maria_ends: Ends) -> None:
    settings = {
        "binlog_format": "'ROW'",
        "binlog_row_image": "'FULL'",
        "binlog_expire_logs_seconds": "864000",
        "net_read_timeout": "600",
        "net_write_timeout": "600",
        "wait_timeout": "28800",
        "local_infile": "ON",
    }
    for server in (maria_ends.source, maria_ends.target):
        server.script("; ".join(f"SET GLOBAL {name} = {value}" for name, value in settings.items()))
    try_case(maria_ends, case)
    for server in (maria_ends.source, maria_ends.target):
        server.script("DROP USER IF EXISTS checker; FLUSH PRIVILEGES")


def test_settings_of_a_postgres_server_that_need_a_restart() -> None:
    bad = {
        "wal_level": "replica",
        "max_replication_slots": "0",
        "max_wal_senders": "0",
        "wal_sender_timeout": "5s",
        "max_slot_wal_keep_size": "1GB",
        "logical_decoding_work_mem": "64kB",
        "max_prepared_transactions": "5",
    }
    names = [
        "postgres-check-wallevel",
        "postgres-check-replication-slots-count",
        "postgres-check-maxwalsenders",
        "postgres-check-walsenderstimeout",
        "postgres-check-maxslot-wal-keep-size",
        "postgres-check-for-logical-decoding-work-mem",
        "postgres-check-preparedtxn",
    ]
    with ExitStack() as stack:
        source = stack.enter_context(new_server("15", settings=bad).start())
        target = stack.enter_context(new_server("15", identity="target").start())
        for server in (source, target):
            server.create_database("shop")
        source.script(f"{TABLE}; BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'waits'", "shop")
        ends = Ends(source, target, "shop")
        code, results = ends.check("--include", ",".join(names))
        assert code == 3
        expected = ["failed"] * 4 + ["warning"] * 2 + ["failed"]
        assert [results[name]["test-result"] for name in names] == expected, results
        for name in names:
            ends.carry_out(results[name])
        (prepared,) = results["postgres-check-preparedtxn"]["results"]  # which of the two is for people to say
        assert "COMMIT PREPARED 'waits'; to keep" in prepared["recommendation"], prepared
        source.script("ROLLBACK PREPARED 'waits'", "shop")
        # start() writes the file anew into which ALTER SYSTEM wrote.
        kept = dict(line.split(" = ", 1) for line in (source.data / "postgresql.auto.conf").read_text().splitlines() if " = " in line)
        source._settings.update({name: kept[name].strip("'") for name in bad})
        source.stop()
        source.start()
        code, results = ends.check("--include", ",".join(names))
        left = {name: one["results"] for name, one in results.items() if one["test-result"] != "passed"}
        assert (code, left) == (0, {})


def test_between_families(servers: SharedServers) -> None:
    skip_without_engine("mariadb")
    source, target = servers.get("mariadb", "source"), servers.get("15", "target")
    database = f"check_{next(_numbers)}"
    source.create_database(database)
    target.create_database(database)
    source.script(
        "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, n int, total int AS (n * 2) STORED, word varchar(9), "
        "shout varchar(9) AS (upper(word)) STORED, hidden int INVISIBLE) "
        "PARTITION BY HASH (id) PARTITIONS 2",
        database,
    )
    ends = Ends(source, target, database)
    _, results = ends.check()
    assert [one["column"] for one in results["mariadb-check-generated-columns"]["results"]] == ["shout"]
    assert results["mariadb-check-table-partition"]["test-result"] == "warning"
    assert results["mariadb-check-invisible-columns"]["test-result"] == "passed"
    assert not any(one["test-result"] == "error" for one in results.values()), results
    source.drop_database(database)
    target.drop_database(database)


def test_a_column_that_the_source_alone_computes_fails(ends: Ends) -> None:
    computed = "CREATE TABLE t (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)"
    ends.source.script(computed, ends.database)
    name = "godwit-generated-columns"
    for target, outcome, words in (
        (computed, "passed", ""),
        ("CREATE TABLE t (id int PRIMARY KEY, n int, twice int)", "failed", "Column twice of the target's table public.t"),
        ("CREATE TABLE t (id int PRIMARY KEY, n int)", "warning", "no such column"),
    ):
        ends.target.script(f"DROP TABLE IF EXISTS t; {target}", ends.database)
        code, results = ends.check("--include", name)
        assert (code, results[name]["test-result"]) == (3 if outcome == "failed" else 0, outcome)
        assert words in results[name]["test-result-details"]


def state_of(server: Server, database: str) -> list[Any]:
    """All that anybody could have written."""
    if isinstance(server, MySqlServer):
        return [server.query("SHOW MASTER STATUS"), server.databases()]
    tables = "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' ORDER BY 1, 2"
    others = [f"SELECT * FROM {name}" for name in ("pg_publication", "pg_event_trigger", "pg_replication_slots", "pg_namespace")]
    return [server.query(sql, database) for sql in (tables, *others, "SELECT count(*) FROM pg_proc")]


@pytest.mark.parametrize("version", ["15", "mariadb"])
def test_nothing_is_written(version: str, servers: SharedServers) -> None:
    ends = next(maker := ends_of(servers, version))
    ends.source.script("CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t VALUES (1, 'x')", ends.database)
    before = [state_of(server, ends.database) for server in (ends.source, ends.target)]
    for kind in ("full-load", "full-load-and-cdc", "cdc"):
        ends.type = kind
        ends.check()
    assert [state_of(server, ends.database) for server in (ends.source, ends.target)] == before
    next(maker, None)


def test_an_after_connect_script_that_writes_is_refused(ends: Ends) -> None:
    ends.source.script(TABLE, ends.database)
    words = ends.words()
    at = words.index("--target") + 1
    words[at] += "?AfterConnectScript=CREATE%20TABLE%20made%20(id%20int)"
    done = subprocess.run([binary(), *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not ends.target.query("SELECT 1 FROM pg_class WHERE relname = 'made'", ends.database)


def test_a_thousand_tables_are_quick(ends: Ends) -> None:
    ends.source.script(
        "SELECT format('CREATE TABLE t%s (id serial PRIMARY KEY, body text, n int UNIQUE)', i) FROM generate_series(1, 1000) i \\gexec",
        ends.database,
    )
    began = time.monotonic()
    code, results = ends.check()
    assert code == 0 and len(results["postgres-check-pk"]["table-results-summary"]["passed"]) == 1000
    assert time.monotonic() - began < 20


def test_an_empty_database(ends: Ends) -> None:
    code, results = ends.check()
    assert code == 3
    assert results["all-check-source-selection-rules"]["test-result"] == "failed"
    assert "no table" in results["all-check-source-selection-rules"]["test-result-details"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([binary(), "check", *words], capture_output=True, text=True, check=False, timeout=60)


def test_a_wrong_password_ends_it_within_seconds(servers: SharedServers, ends: Ends) -> None:
    skip_without_engine("mariadb")
    source = servers.get("mariadb", "source").uri("mysql", PASSWORD_USER, "wrong")
    began = time.monotonic()
    done = run("--source", source, "--target", ends.target.uri(ends.database))
    assert done.returncode == 1 and "Access denied" in done.stderr, done
    assert "wrong" not in done.stdout + done.stderr
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there(ends: Ends) -> None:
    done = run("--source", "postgresql://app@127.0.0.1:9/shop", "--target", ends.target.uri(ends.database))
    assert done.returncode == 1 and "cannot connect" in done.stderr, done


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--include", "no-such"], "no assessment named no-such"),
        (["--exclude", "no-such"], "no assessment named no-such"),
        (["--include", "mysql-check-server-id"], "does not apply"),
        (["--include", "godwit-sequences", "--exclude", "godwit-sequences"], "excludes"),
        (["--type", "some"], "--type some is unknown"),
        (["--table-mappings", "{"], "line 1"),
        (["--task-settings", '{"FullLoadSettings": 1}'], "FullLoadSettings"),
        (["--output", "xml"], "xml"),
    ],
)
def test_usage(words: list[str], said: str) -> None:
    done = run("--source", "postgresql://a@127.0.0.1:9/b", "--target", "postgresql://a@127.0.0.1:9/c", *words)
    assert done.returncode == 2 and said in done.stderr + done.stdout, done


def test_the_list_needs_no_server() -> None:
    done = run("--source", "mysql://", "--target", "postgresql://", "--list")
    assert done.returncode == 0 and "mysql-check-binlog-format" in done.stdout, done
    assert "postgres-check-wallevel" not in done.stdout
    listed = json.loads(run("--source", "mysql://", "--target", "postgresql://", "--list", "--output", "json").stdout)
    assert {"name", "about"} == set(listed[0])


def test_text_for_people(ends: Ends) -> None:
    ends.source.script("CREATE TABLE t (id int)", ends.database)
    words = [word if word != "json" else "text" for word in ends.words()]
    done = subprocess.run([binary(), *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3, done
    failed, warned, passed = (done.stdout.index(word) for word in ("FAILED (", "WARNINGS (", "PASSED ("))
    assert failed < warned < passed
    assert 'source> ALTER TABLE "public"."t" REPLICA IDENTITY FULL;' in done.stdout


def test_a_stop_ends_what_a_server_is_busy_with(ends: Ends) -> None:
    ends.source.script(TABLE, ends.database)
    holder = ends.source.connect(ends.database)
    holder.autocommit = False
    holder.cursor().execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'godwit:check-%'"
    with subprocess.Popen([binary(), *ends.words()], stdout=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 30
        while not ends.source.query(waits) and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        said, _ = process.communicate(timeout=30)
    holder.close()
    assert process.returncode == 1 and time.monotonic() - began < 10
    results = json.loads(said)["results"]
    assert json.loads(said)["status"] == "cancelling"
    assert "cancelled" in {one["test-result"] for one in results}
    assert not ends.source.query("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'godwit:check-%'")
