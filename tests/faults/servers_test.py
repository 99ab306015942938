"""The servers fail, not the worker: restarts, kills, cut connections, a lost slot, a target that went back in time."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import SETTINGS, Pair
from mysql_server import MySqlServer
from processes import wait_until
from servers import PostgresServer, Server
from worker import Run, Task
from writers import Writers

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'godwit%' AND datname = current_database()"""


def cut_connections(server: Server, database: str) -> None:
    """Of MariaDB and MySQL the application's too."""
    if not isinstance(server, MySqlServer):
        server.query(CUT, database)
        return
    sessions = "SELECT id FROM information_schema.processlist WHERE user = 'root' AND id <> connection_id()"
    for (number,) in server.query(sessions):
        server.end_session(number)


def loaded_slices(pair: Pair) -> int:
    return sum(1 for _ in pair.ledger())


def wait_for_load(pair: Pair, run: Run) -> None:
    """Until some slices are done and, with luck, others are under way."""
    wait_until(lambda: not run.process.running() or loaded_slices(pair) >= 2, 30, "the first slices", 0.01)
    assert run.process.running(), run.wait(1)


def wait_for_changes(pair: Pair, run: Run, writers: Writers) -> None:
    """Until the target has gone on by itself through the log."""
    wait_until(lambda: pair.position() > 0 or not run.process.running(), 60, "a position")
    before = pair.position()
    wait_until(lambda: pair.position() > before or not run.process.running(), 60, "changes to be applied")
    assert run.process.running(), run.wait(1)


def break_while(phase: str, pair: Pair, task: Task, fault: str) -> None:
    """Does the fault in the phase, while the application writes; the worker must live through it by itself."""
    server = pair.source if "source" in fault else pair.target
    with pair.writers() as writers:
        run = task.start()
        if phase == "the load":
            wait_for_load(pair, run)
        else:
            wait_for_changes(pair, run, writers)
        if fault.startswith("restart"):
            server.restart("fast")
        elif fault.startswith("kill"):
            server.kill()
            server.start()
        else:
            cut_connections(server, pair.database)
        wait_for_changes(pair, run, writers)
    outcome = run.stop()
    assert outcome.code == 0, outcome


SOURCE_FAULTS = ["restart the source", "kill the source", "cut the source's connections"]
TARGET_FAULTS = ["restart the target", "kill the target", "cut the target's connections"]


def between(source: str, target: str, faults: list[str], *marks: pytest.MarkDecorator) -> list[Any]:
    pair = (source, target)
    return [pytest.param(pair, fault, id=f"{source}-to-{target}-{fault}", marks=marks) for fault in faults]


@pytest.mark.parametrize("phase", ["the load", "replication"])
@pytest.mark.parametrize(
    ("own_pair", "fault"),
    [
        *between("15", "15", SOURCE_FAULTS + TARGET_FAULTS),
        *between("mariadb", "15", SOURCE_FAULTS),
        *between("15", "mariadb", TARGET_FAULTS),
        *between("mysql8", "15", SOURCE_FAULTS, pytest.mark.thorough),
        *between("15", "mysql8", TARGET_FAULTS, pytest.mark.thorough),
        *between("mariadb", "mariadb", SOURCE_FAULTS + TARGET_FAULTS, pytest.mark.thorough),
    ],
    indirect=["own_pair"],
)
def test_goes_on_by_itself_after(fault: str, phase: str, own_pair: Pair) -> None:
    task = own_pair.task()
    break_while(phase, own_pair, task, fault)
    own_pair.assert_ends_equal(task)


def test_large_values_survive_kills_of_worker_and_source_during_the_load(own_pair: Pair) -> None:
    """After a lost snapshot the log alone would lack unchanged out-of-line values, and rows that moved."""
    kill_worker_and_source(own_pair, rounds=4)


@pytest.mark.thorough
def test_large_values_survive_ten_kills_of_worker_and_source_during_the_load(own_pair: Pair) -> None:
    kill_worker_and_source(own_pair, rounds=10)


def kill_worker_and_source(pair: Pair, rounds: int) -> None:
    pair.on_source("INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1001, 6000) g")
    task = pair.task(settings={**SETTINGS, "FullLoadSettings": {"MaxFullLoadSubTasks": 1}})
    with pair.writers():
        for number in range(rounds):
            outcome = task.migrate(failpoint="slice-before-commit@2=kill", timeout_s=90)  # one slice a life
            assert outcome.code == -9, outcome
            if number % 2 == 1:
                pair.source.kill()
                pair.source.start()
    pair.assert_ends_equal(task)


def test_a_slot_dropped_under_us_is_explained(own_pair: Pair) -> None:
    task = own_pair.task()
    assert task.catch_up().code == 0
    (slot,) = own_pair.on_source("SELECT slot_name FROM pg_replication_slots")[0]
    own_pair.on_source(f"SELECT pg_drop_replication_slot('{slot}')")
    outcome = task.catch_up(timeout_s=30)
    assert outcome.code == 1, outcome
    assert slot in outcome.output and "--restart" in outcome.output, outcome
    with own_pair.writers():
        assert task.catch_up("--restart").code in (0, 3)
    own_pair.assert_ends_equal(task)


def test_a_slot_dropped_while_we_run_is_explained(own_pair: Pair) -> None:
    task = own_pair.task()
    with own_pair.writers() as writers:
        run = task.start()
        wait_for_changes(own_pair, run, writers)
        name, pid = own_pair.on_source("SELECT slot_name, active_pid FROM pg_replication_slots")[0]
        own_pair.on_source(
            f"""DO $$ BEGIN PERFORM pg_terminate_backend({pid});
            FOR i IN 1..1000 LOOP
              BEGIN PERFORM pg_drop_replication_slot('{name}'); EXIT;
              EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.001); END;
            END LOOP; END $$"""
        )
        outcome = run.wait(60)
    assert outcome.code == 1, outcome
    assert name in outcome.output and "--restart" in outcome.output, outcome


def test_a_target_restored_to_an_earlier_time_is_noticed(own_pair: Pair) -> None:
    """START_REPLICATION below the slot's confirmed position starts there in silence and loses what lies between."""
    task = own_pair.task()
    assert task.catch_up().code == 0
    own_pair.target.stop()
    earlier = own_pair.target.save_data()
    own_pair.target.start()
    with own_pair.writers() as writers:
        wait_until(lambda: writers.committed > 200, 60, "some transactions")
    assert task.catch_up().code == 0
    own_pair.target.stop()
    own_pair.target.restore_data(earlier)
    own_pair.target.start()
    before = own_pair.on_target("SELECT count(*) FROM history")
    outcome = task.catch_up(timeout_s=30)
    assert outcome.code == 1, outcome
    assert re.search(r"(?i)earlier|back in time|restored", outcome.output) and "--restart" in outcome.output, outcome
    assert own_pair.on_target("SELECT count(*) FROM history") == before, "no row moves"


# --- the spool's disk ---


def paused_and_went_on(pair: Pair, task: Task, failpoint: str = "", why: str = "") -> None:
    """A backlog that the memory budget cannot hold, on a disk that cannot either: reading waits, and all arrives."""
    assert task.catch_up().code == 0
    pair.on_source("INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1001, 19000) g")
    outcome = task.catch_up(failpoint=failpoint, timeout_s=180)
    assert outcome.code == 0, outcome
    assert f"Reading from source is paused. {why}" in outcome.log, outcome
    pair.assert_ends_equal(task)


def test_reading_pauses_while_the_spool_is_at_its_limit(pair: Pair) -> None:
    paused_and_went_on(pair, pair.task(settings={**SETTINGS, "Godwit": {"MemoryMB": 64, "SpoolMB": 2}}),
                       why="Total storage used by swap files exceeded the limit")


def test_reading_pauses_while_the_disk_refuses_a_write(pair: Pair) -> None:
    task = pair.task(settings={**SETTINGS, "Godwit": {"MemoryMB": 64, "SpoolMB": 500}})
    paused_and_went_on(pair, task, failpoint="spool-write@3=fail", why="Total disk usage exceeded the limit")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; only root may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small file system; the failpoint's test stands for it")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_reading_pauses_while_the_disk_is_full(pair: Pair, small_disk: Path) -> None:
    task = pair.task(
        settings={**SETTINGS, "Godwit": {"MemoryMB": 64, "SpoolMB": 500}}, state_dir=small_disk / "state"
    )
    (small_disk / "state").mkdir()
    paused_and_went_on(pair, task)


def test_a_silent_reader_is_not_hung_up_on_while_the_spool_is_full() -> None:
    """wal_sender_timeout passes while reading pauses: feedback must go on."""
    with PostgresServer(settings={"wal_sender_timeout": "10s"}).start() as source, PostgresServer(
        identity="target"
    ).start() as target, Pair(source, target, "fault") as pair:
        task = pair.task(settings={**SETTINGS, "Godwit": {"MemoryMB": 64, "SpoolMB": 2}})
        assert task.catch_up().code == 0
        pair.on_source(
            "INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1001, 19000) g"
        )
        holder = target.connect(pair.database)
        with holder.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE documents IN SHARE MODE")
        run = task.start("--cdc-stop-position", "caught-up")
        assert run.process.wait_or_none(14) is None, run.wait(1)
        holder.close()
        outcome = run.wait(120)
        assert outcome.code == 0, outcome
        assert "wal_sender_timeout" not in source.log() and "due to replication timeout" not in source.log()
        pair.assert_ends_equal(task)
