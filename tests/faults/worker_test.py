"""Worker processes under a supervisor: killed, hung, left alone by their server, told to load tables again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Iterator

import psycopg2
import pytest

import shop
from conftest import SETTINGS, Pair, across
from processes import wait_until
from servers import PostgresServer
from task_workers import SupervisedTask

# Without FK cascades into it, and written all the time.
TABLE = ("public", "accounts")


@pytest.fixture
def task(pair: Pair) -> Iterator[SupervisedTask]:
    ends = pair.source.uri(pair.database), pair.target.uri(pair.database)
    with SupervisedTask(*ends, SETTINGS, f"TASK{pair.database.upper()}") as made:
        yield made


def is_caught_up(pair: Pair) -> bool:
    return not compare_quietly(pair)


def compare_quietly(pair: Pair) -> str:
    try:
        pair.assert_equal()
        return ""
    except AssertionError as error:
        return str(error)


def follows(task: SupervisedTask) -> bool:
    """Its worker of now: between two workers the statistics are those that the last one left."""
    told = task.statistics()
    return bool(told["live"]) and told.get("phase") == "change processing"


def assert_equal_soon(pair: Pair, task: SupervisedTask) -> None:
    """The writers are quiet."""
    try:
        wait_until(lambda: is_caught_up(pair), 60, "the ends to be equal")
    except Exception as late:
        raise AssertionError(f"{compare_quietly(pair)}\n{task.log()[-6000:]}") from late


def test_a_task_runs_stops_resumes_and_is_removed(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    task.wait_for("running")
    with pair.writers():
        wait_until(lambda: follows(task), 60, "change processing")
    assert_equal_soon(pair, task)
    loaded = task.table("accounts")
    assert loaded["state"] == "Table completed"
    assert loaded["full_load_rows"] > 0
    ended = task.stop()
    assert ended["state"] == "stopped", ended
    assert ended["stop_reason"] == "Stop Reason NORMAL"
    assert ended["checkpoint"].startswith("checkpoint:V1#")
    assert task.supervisor.states(task.task_id) == ["starting", "running", "stopping", "stopped"]
    assert not task.worker_pid()
    assert [row[0] for row in pair.on_target('SELECT "SERVER_NAME" FROM awsdms_txn_state')] == ["pool"]

    pair.on_source("UPDATE accounts SET balance = balance + 1 WHERE aid < 100")
    task.start("resume", server="other-pool")  # as after a move
    task.wait_for("running")
    assert_equal_soon(pair, task)
    wait_until(lambda: task.table("accounts").get("applied_updates", 0) >= loaded["applied_updates"] + 99, 10, "counts")
    assert task.table("accounts")["full_load_rows"] == loaded["full_load_rows"]
    assert [row[0] for row in pair.on_target('SELECT "SERVER_NAME" FROM awsdms_txn_state')] == ["other-pool"]
    task.stop()
    task.supervisor.do("remove", timeout_s=60, job={**task.job, "run": task.run, "start": "resume"})
    assert (task.state_dir / "task.log").exists()  # the control plane keeps it
    assert not pair.on_source("SELECT 1 FROM pg_replication_slots WHERE database = current_database()")
    assert not pair.on_target("SELECT 1 FROM godwit_task")


def test_a_full_load_is_seen_running_and_ends_by_itself(pair: Pair, task: SupervisedTask) -> None:
    task.start(type="full-load")
    ended = task.wait_for("stopped", "failed")
    assert ended["stop_reason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED", ended
    assert task.supervisor.states(task.task_id) == ["starting", "running", "stopped"]
    assert task.statistics()["full_load_percent"] == 100
    assert not task.statistics()["live"]
    pair.assert_equal()


def test_an_end_that_cannot_be_reached_fails_within_seconds(pair: Pair, task: SupervisedTask) -> None:
    before = time.monotonic()
    task.start(target="postgresql://nobody:top-secret@127.0.0.1:9/none")
    ended = task.wait_for("failed")
    assert time.monotonic() - before < 15
    assert ended["stop_reason"] == "Stop Reason FATAL_ERROR"
    assert ended["last_failure"]
    assert ended["restarts"] == 0
    left = "".join(path.read_text(errors="replace") for path in task.folder.rglob("*") if path.is_file())
    assert "top-secret" not in left + str(task.supervisor.reports)


def test_an_end_out_of_reach_is_waited_for_by_a_run_that_goes_on_with_one(pair: Pair, task: SupervisedTask) -> None:
    """As after a reboot of the instance, while the target restarts."""
    reachable = task.job["target"]
    task.start(target="postgresql://nobody:top-secret@127.0.0.1:9/none", goes_on=True)
    wait_until(lambda: task.supervisor.last(task.task_id).get("restarts", 0) > 0, 60, "another try")
    again = {**task.job, "target": reachable, "run": task.run, "fresh_run": task.fresh_run, "start": "fresh"}
    task.supervisor.do("job", job=again)
    task.wait_for("running", timeout_s=120)
    assert "failed" not in task.supervisor.states(task.task_id)
    task.stop()


def test_a_worker_that_cannot_be_started_again_at_once_is_started_later(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.do("refuse_jobs", times=1)
    os.kill(task.worker_pid(), signal.SIGKILL)
    wait_until(lambda: task.supervisor.last(task.task_id)["restarts"] > 1, 30, "the second try")
    assert "could not be started: the secret is being written" in task.supervisor.last(task.task_id)["last_failure"]
    task.wait_for("running")
    assert_equal_soon(pair, task)
    assert "failed" not in task.supervisor.states(task.task_id)


def test_a_worker_that_cannot_be_started_again_fails_once_its_tries_are_over(pair: Pair, task: SupervisedTask) -> None:
    once = {**SETTINGS, "ErrorBehavior": {**SETTINGS["ErrorBehavior"], "RecoverableErrorCount": 1}}
    task.start(settings=json.dumps(once))
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.do("refuse_jobs", times=100)
    os.kill(task.worker_pid(), signal.SIGKILL)
    ended = task.wait_for("failed")
    assert ended["stop_reason"] == "Stop Reason RECOVERABLE_ERROR", ended
    assert "could not be started: the secret is being written" in ended["last_failure"], ended


def test_a_clean_end_takes_as_long_as_it_takes(pair: Pair, task: SupervisedTask) -> None:
    """Only a worker that does not come to its clean end is killed at the limit of a stop."""
    stop_max_s = 6
    task.supervisor.kill()
    task.another_server(take_up=False, stop_max_ms=stop_max_s * 1000)
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    pid = task.worker_pid()
    holder = psycopg2.connect(pair.target.uri(pair.database))
    try:
        holder.cursor().execute("ALTER SEQUENCE parents_id_seq INCREMENT 1")  # the end sets it, and waits
        asked = time.monotonic()
        task.supervisor.do("stop", task=task.task_id)
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%setval%'"
        wait_until(lambda: bool(pair.on_target(waits)), 30, "the end to wait")
        wait_until(lambda: time.monotonic() - asked > 2 * stop_max_s, 60, "the limit to pass")
        assert task.worker_pid() == pid, task.supervisor.last(task.task_id)
    finally:
        holder.close()
    ended = task.wait_for("stopped", "failed")
    assert (ended["state"], ended["last_failure"]) == ("stopped", ""), ended


def test_a_killed_worker_is_seen_and_goes_on(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    task.wait_for("running")
    with pair.writers():
        for _ in range(3):
            wait_until(lambda: follows(task), 60, "change processing")
            before = time.monotonic()
            restarts = task.supervisor.last(task.task_id)["restarts"]
            os.kill(task.worker_pid(), signal.SIGKILL)
            wait_until(lambda: task.supervisor.last(task.task_id)["restarts"] > restarts, 5, "the death to be seen")
            assert time.monotonic() - before < 5
            assert "signal 9" in task.supervisor.last(task.task_id)["last_failure"]
            task.wait_for("running")
    assert_equal_soon(pair, task)
    assert task.supervisor.last(task.task_id)["restarts"] == 3
    loaded = task.table("accounts")
    assert loaded["full_load_rows"] > 0 and loaded["applied_updates"] > 0
    assert task.stop()["stop_reason"] == "Stop Reason NORMAL"


def test_a_worker_killed_in_its_fresh_start_does_not_start_afresh_again(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: "Start loading" in task.log(), 30, "the load")
    os.kill(task.worker_pid(), signal.SIGKILL)
    task.wait_for("running")
    wait_until(lambda: follows(task), 60, "change processing")
    assert task.log().count("in fresh start mode") == 1, task.log()
    assert_equal_soon(pair, task)


@pytest.mark.parametrize("kind", ["full-load-and-cdc", "cdc"])
def test_a_worker_killed_and_robbed_of_its_record_does_not_begin_anew(
    pair: Pair, task: SupervisedTask, kind: str
) -> None:
    """It would go on from now, and the changes between would be missing without a word."""
    if kind == "cdc":
        pair.target.psql(shop.SCHEMA, pair.database)
    task.start(type=kind)
    task.wait_for("running")
    wait_until(lambda: follows(task), 60, "change processing")
    os.kill(task.worker_pid(), signal.SIGSTOP)
    pair.target.psql("DROP TABLE godwit_task", pair.database)
    os.kill(task.worker_pid(), signal.SIGKILL)
    end = task.wait_for("failed")
    assert "holds no record (godwit_task)" in end["last_failure"], end
    assert task.log().count("in fresh start mode") == 1, task.log()


def test_a_hung_worker_is_killed_and_goes_on(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    task.wait_for("running")
    task.supervisor.kill()
    task.another_server(hung_after_ms=3000)
    task.wait_for("running", timeout_s=30)
    pid = task.worker_pid()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: task.supervisor.last(task.task_id)["restarts"] > 0, 15, "the silence to be heard")
    assert "said nothing" in task.supervisor.last(task.task_id)["last_failure"]
    task.wait_for("running")
    assert task.worker_pid() != pid


def test_a_worker_goes_on_without_its_server_and_is_found_by_the_next(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    task.wait_for("running")
    wait_until(lambda: follows(task), 60, "change processing")
    pid = task.worker_pid()
    task.supervisor.kill()
    with pair.writers():
        time.sleep(3)
    assert_equal_soon(pair, task)  # with nobody there
    assert task.worker_pid() == pid
    task.another_server()
    task.wait_for("running", timeout_s=15)
    assert task.worker_pid() == pid
    wait_until(lambda: task.statistics()["live"], 10, "statistics")
    assert task.table("accounts")["full_load_rows"] > 0
    assert task.stop()["stop_reason"] == "Stop Reason NORMAL"


def test_a_worker_that_died_without_a_server_is_started_again(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.kill()
    os.kill(task.worker_pid(), signal.SIGKILL)
    pair.on_source("UPDATE accounts SET balance = 7 WHERE aid < 50")
    task.another_server()
    task.wait_for("running")
    assert_equal_soon(pair, task)


def test_an_end_that_came_without_a_server_is_told_by_the_next(pair: Pair, task: SupervisedTask) -> None:
    task.start(stop_position="server_time:" + time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 12)))
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.kill()
    wait_until(lambda: not task.worker_pid(), 60, "the worker's own end")
    task.another_server()
    ended = task.wait_for("stopped", "failed")
    assert ended["stop_reason"] == "Stop Reason STOPPED_AT_SERVER_TIME", ended


def test_a_worker_told_to_go_is_started_again_at_once(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    pid = task.worker_pid()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: task.worker_pid() not in (0, pid), 20, "another worker")
    task.wait_for("running")
    assert task.supervisor.last(task.task_id)["restarts"] == 0
    assert "Stop reason RECYCLE_TASK" in task.log()


def test_a_server_that_goes_puts_its_workers_down_and_the_next_takes_them_up(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.do("recycle", wait_ms=20000)
    assert not task.worker_pid()
    assert task.supervisor.last(task.task_id)["state"] == "running"
    task.supervisor.kill()
    task.another_server()
    task.wait_for("running")


@across(("15", "15"), ("mariadb", "15"))
def test_tables_are_loaded_again_while_writes_go_on(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    first = task.table("accounts")
    with pair.writers():
        time.sleep(1)
        # Rows that only a load can mend. Locked as a whole: row by row the task and the test could wait for each other.
        for table, damage in (("accounts", "DELETE FROM {} WHERE aid % 3 = 0"), ("documents", "UPDATE {} SET seen = -1")):
            name = f"{pair.schema}.{table}"
            pair.on_target(f"BEGIN; LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE; {damage.format(name)}; COMMIT")
        answer = task.reload((pair.schema, "accounts"), (pair.schema, "documents"))
        assert answer["error"] is None
        assert task.table("accounts")["state"] in ("Table is being reloaded", "Full load", "Table completed")
        wait_until(
            lambda: follows(task)
            and all(task.table(name).get("state") == "Table completed" for name in ("accounts", "documents"))
            and task.table("accounts")["load_start_us"] > first["load_start_us"],
            60,
            "the reload",
        )
        time.sleep(1)
    assert_equal_soon(pair, task)
    table = task.table("accounts")
    assert table["reloaded"] is True
    assert table["full_load_rows"] >= first["full_load_rows"]
    assert task.table("tellers")["reloaded"] is False
    assert task.supervisor.last(task.task_id)["restarts"] == 0


def test_a_table_to_be_loaded_again_is_shown_so_by_the_next_server_before_its_worker_speaks(
    pair: Pair, task: SupervisedTask
) -> None:
    task.start()
    wait_until(lambda: follows(task) and task.table("accounts")["state"] == "Table completed", 60, "the load")
    first = task.table("accounts")
    worker = task.worker_pid()
    os.kill(worker, signal.SIGSTOP)
    try:
        assert task.reload(TABLE)["error"] is None
        task.supervisor.kill()
        task.another_server()
        shown = task.table("accounts")
    finally:
        os.kill(worker, signal.SIGCONT)
    assert (shown["state"], shown["reloaded"]) == ("Table is being reloaded", True)
    seen = set()

    def is_loaded_again() -> bool:
        table = task.table("accounts")
        again = table["load_start_us"] > first["load_start_us"]
        if not again:
            seen.add(table["state"])
        return follows(task) and again and table["state"] == "Table completed"

    wait_until(is_loaded_again, 60, "the reload", 0.02)
    assert "Table completed" not in seen
    assert task.table("tellers")["reloaded"] is False


def test_a_reload_that_cannot_be_is_refused(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    assert "public.nowhere" in task.reload(("public", "nowhere"))["error"]
    assert "accounts" in task.reload(("public", "ACCOUNTS"))["error"].lower()
    task.stop()
    assert task.reload(TABLE)["error"]


@pytest.mark.parametrize("failpoint", ["reload-taken", "reload-recorded", "slice-before-commit", "load-done"])
def test_a_worker_killed_in_a_reload_ends_with_the_whole_table(
    pair: Pair, task: SupervisedTask, failpoint: str
) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.stop()
    # A server whose workers die at that point, once for each that passes it.
    task.supervisor.close()
    task.another_server(take_up=False, failpoint=f"{failpoint}=kill")
    task.start("resume")
    wait_until(lambda: follows(task), 60, "change processing")
    with pair.writers():
        pair.on_target("DELETE FROM accounts WHERE aid % 3 = 0")
        assert task.reload(TABLE)["error"] is None
        wait_until(lambda: task.supervisor.last(task.task_id)["restarts"] > 0, 60, "the kill")
        task.supervisor.kill()  # the next server's workers die no more
        if pid := task.worker_pid():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not task.worker_pid(), 10, "the worker's end")
        task.another_server()
        task.wait_for("running")
        wait_until(lambda: follows(task), 60, "change processing")
    assert_equal_soon(pair, task)


def test_a_table_in_error_is_taken_up_again_by_a_reload(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    pair.on_target("ALTER TABLE seats ADD CONSTRAINT none CHECK (place < 0) NOT VALID")
    pair.on_source("UPDATE seats SET place = place + 1000")
    time.sleep(2)
    pair.on_target("ALTER TABLE seats DROP CONSTRAINT none")
    assert task.reload(("public", "seats"))["error"] is None
    wait_until(lambda: task.table("seats").get("reloaded") and follows(task), 60, "the reload")
    assert_equal_soon(pair, task)


def selecting(*tables: str) -> str:
    rules = [
        {
            "rule-type": "selection",
            "rule-id": str(n),
            "rule-name": str(n),
            "object-locator": {"schema-name": "public", "table-name": table},
            "rule-action": "explicit",
        }
        for n, table in enumerate(tables, 1)
    ]
    return json.dumps({"rules": rules})


def test_tables_come_and_go_with_mappings_that_were_modified_while_the_task_was_stopped(
    pair: Pair, task: SupervisedTask
) -> None:
    task.start(mappings=selecting("accounts", "bag"))
    wait_until(lambda: follows(task), 60, "change processing")
    task.stop()
    pair.on_source("UPDATE accounts SET balance = 11 WHERE aid < 500")
    task.start("resume", mappings=selecting("accounts", "documents"))
    wait_until(lambda: follows(task) and task.table("documents").get("state") == "Table completed", 60, "the new table")
    assert {table["name"] for table in task.statistics()["tables"]} == {"accounts", "documents"}
    pair.on_source("UPDATE documents SET seen = 5 WHERE id < 9")
    left_alone = pair.on_target("SELECT count(*) FROM bag")
    assert left_alone != [(0,)]
    pair.on_source("DELETE FROM bag")
    for table in ("accounts", "documents"):
        rows = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
        wait_until(lambda: pair.on_source(rows) == pair.on_target(rows), 30, table)
    assert pair.on_target("SELECT count(*) FROM bag") == left_alone
    assert task.supervisor.last(task.task_id)["restarts"] == 0


def test_rows_of_a_user_outlive_a_table_that_leaves_the_selection_and_comes_back(
    pair: Pair, task: SupervisedTask
) -> None:
    """DO_NOTHING: what the table held before is not the task's to remove."""
    settings = {**SETTINGS, "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}
    task.start(mappings=selecting("accounts", "tellers"), settings=json.dumps(settings))
    wait_until(lambda: follows(task), 60, "change processing")
    task.stop()
    pair.on_target("INSERT INTO tellers (tid, bid, balance) SELECT 900000, bid, balance FROM tellers LIMIT 1")
    rows = pair.on_target("SELECT count(*) FROM tellers")
    for tables in (("accounts",), ("accounts", "tellers")):
        task.start("resume", mappings=selecting(*tables))
        wait_until(lambda: follows(task), 60, "change processing")
        task.stop()
        assert pair.on_target("SELECT count(*) FROM tellers") == rows
        assert pair.on_target("SELECT table_name FROM godwit_load_slices WHERE table_name = 'tellers'") == []


def test_a_reload_whose_worker_never_came_to_clear_is_done_by_the_next_start(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.stop()
    source = task.job["source"]
    pair.on_target("DELETE FROM accounts WHERE aid % 3 = 0")  # only a load can mend it
    task.start("reload-target", source="postgresql://nobody@127.0.0.1:9/none")
    assert task.wait_for("failed")["last_failure"]
    task.start("resume", source=source)
    wait_until(lambda: follows(task), 60, "change processing")
    assert_equal_soon(pair, task)
    assert "is of another fresh start" in task.log()
    task.stop()
    logged = task.log().count("in fresh start mode")
    task.start("resume")
    wait_until(lambda: follows(task), 60, "change processing")
    assert task.log().count("in fresh start mode") == logged


def test_a_stop_that_cannot_end_cleanly_says_so(own_pair: Pair) -> None:
    """The target goes while sequences are set: the task stands, and somebody has to know what is missing."""
    target, database = own_pair.target, own_pair.database
    assert isinstance(target, PostgresServer)
    with SupervisedTask(own_pair.source.uri(database), target.uri(database), SETTINGS, "TASKMIDWAY") as task:
        task.start()
        wait_until(lambda: follows(task), 60, "change processing")
        assert_equal_soon(own_pair, task)
        with contextlib.closing(target.connect(database)) as holder:
            holder.autocommit = False
            holder.cursor().execute("ALTER SEQUENCE parents_id_seq CACHE 1")
            task.supervisor.do("stop", task=task.task_id)
            waits = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'godwit:%' AND wait_event_type = 'Lock'"
            wait_until(lambda: bool(own_pair.on_target(waits)), 30, "the worker to wait")
            target.stop("immediate")
            ended = task.wait_for("stopped", "failed", timeout_s=120)
        assert ended["state"] == "stopped" and ended["stop_reason"] == "Stop Reason NORMAL", ended
        assert "not by a clean stop" in ended["last_failure"], ended
        target.start()
        task.start("resume")
        wait_until(lambda: follows(task), 60, "change processing")
        ended = task.stop()
        assert ended["state"] == "stopped" and not ended["last_failure"], ended


def test_severities_change_while_the_task_runs(pair: Pair, task: SupervisedTask) -> None:
    task.start()
    wait_until(lambda: follows(task), 60, "change processing")
    task.supervisor.do("severities", task=task.task_id, component="TASK_MANAGER", severity=0)
    time.sleep(1)
    lines = task.log().count("[TASK_MANAGER")
    task.stop()
    assert task.log().count("[TASK_MANAGER") == lines  # not even the line of its end


def test_no_secret_is_on_disk_in_the_process_list_or_readable_by_others(pair: Pair, task: SupervisedTask) -> None:
    secret = "s3cret-never-seen"
    ends = {end: task.job[end].replace("postgres@", f"postgres:{secret}@") for end in ("source", "target")}
    task.start(**ends)
    task.wait_for("running")
    pid = task.worker_pid()
    for name in ("cmdline", "environ"):
        path = Path(f"/proc/{pid}/{name}")
        try:
            assert secret.encode() not in path.read_bytes()
        except PermissionError:
            pass
    left = b"".join(path.read_bytes() for path in task.folder.rglob("*") if path.is_file())
    assert secret.encode() not in left
    assert "0" in Path(f"/proc/{pid}/limits").read_text().split("Max core file size")[1].split()[0]

