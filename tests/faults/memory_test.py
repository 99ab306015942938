"""The ceiling holds for a table and for a transaction of any size. A fifth of what ./dev bench memory does."""

from __future__ import annotations

import pytest

from conftest import Pair
from worker import Outcome

PEAK_MB_MAX = 300
ROWS_IN_ONE_TRANSACTION = 1_000_000
TABLE_MB = 1000

ONLY_BIG = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": 1,
            "rule-name": "big",
            "rule-action": "explicit",
            "object-locator": {"schema-name": "public", "table-name": "big"},
        }
    ]
}


def assert_small(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome
    assert (
        outcome.ended.peak_rss_mb < PEAK_MB_MAX
    ), f"the worker's peak was {outcome.ended.peak_rss_mb:.0f} MB\n{outcome}"


@pytest.mark.memory
def test_a_gigabyte_table_loads_in_little_memory(pair: Pair) -> None:
    pair.on_source("CREATE TABLE big (id bigint PRIMARY KEY, filler text)")
    pair.on_source(f"INSERT INTO big SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, {TABLE_MB * 1000}) g")
    task = pair.task(mappings=ONLY_BIG, settings={})
    assert_small(task.migrate("--type", "full-load", timeout_s=240))
    count = "SELECT count(*), sum(length(filler)), sum(id) FROM big"
    assert pair.on_source(count) == pair.on_target(count)


@pytest.mark.memory
def test_a_transaction_of_a_million_rows_is_applied_in_little_memory(pair: Pair) -> None:
    pair.on_source("CREATE TABLE big (id bigint PRIMARY KEY, a int, filler text)")
    task = pair.task(mappings=ONLY_BIG, settings={})
    assert task.catch_up().code == 0
    pair.on_source(
        f"INSERT INTO big SELECT g, g % 7, md5(g::text) FROM generate_series(1, {ROWS_IN_ONE_TRANSACTION}) g"
    )
    assert_small(task.catch_up(timeout_s=240))
    count = "SELECT count(*), sum(a), sum(id), md5(string_agg(filler, '' ORDER BY id)) FROM big"
    assert pair.on_source(count) == pair.on_target(count)


@pytest.mark.memory
@pytest.mark.thorough
def test_a_value_of_six_hundred_megabytes_arrives(pair: Pair) -> None:
    """As text it would exceed what a server can send; binary carries it, in the load and as a change."""
    pair.on_source("CREATE TABLE big (id int PRIMARY KEY, b bytea)")
    pair.on_source("ALTER TABLE big ALTER b SET STORAGE EXTERNAL")
    blob = "decode(string_agg(md5(g::text), ''), 'hex')"
    million = "FROM generate_series(1, 5000000) g"
    pair.on_source(
        f"INSERT INTO big SELECT 1, b || b || b || b || b || b || b || b FROM (SELECT {blob} AS b {million}) x"
    )
    task = pair.task(mappings=ONLY_BIG, settings={})
    assert task.catch_up(timeout_s=400).code == 0
    pair.on_source("INSERT INTO big SELECT 2, b FROM big WHERE id = 1")
    assert task.catch_up(timeout_s=400).code == 0
    count = "SELECT id, length(b), md5(b) FROM big ORDER BY 1"
    assert pair.on_source(count) == pair.on_target(count)


@pytest.mark.memory
@pytest.mark.thorough
def test_giant_rows_are_held_one_at_a_time_however_many_lanes_there_are(pair: Pair) -> None:
    """The ceiling: the budget of 128 MB and four times the largest row, 102 MB as text."""
    pair.on_source("CREATE TABLE big (id int PRIMARY KEY, b bytea)")
    pair.on_source("ALTER TABLE big ALTER b SET STORAGE EXTERNAL")
    blob = "SELECT decode(string_agg(md5((g * i)::text), ''), 'hex') FROM generate_series(1, 3200000) i"
    pair.on_source(f"INSERT INTO big SELECT g, ({blob}) FROM generate_series(1, 12) g")
    settings = {"FullLoadSettings": {"MaxFullLoadSubTasks": 8}, "Godwit": {"SliceMB": 64}}
    task = pair.task(mappings=ONLY_BIG, settings=settings)
    outcome = task.catch_up(timeout_s=300)
    assert outcome.code == 0, outcome
    assert outcome.ended.peak_rss_mb < 128 + 4 * 103, outcome.ended
    count = "SELECT count(*), md5(string_agg(md5(b), '' ORDER BY id)) FROM big"
    assert pair.on_source(count) == pair.on_target(count)


@pytest.mark.memory
@pytest.mark.thorough
def test_values_of_256_megabytes_arrive_by_load_and_by_change(pair: Pair) -> None:
    """All bytes as bytea, and a text in which every character needs an escape in COPY."""
    pair.on_source("CREATE TABLE big (id int PRIMARY KEY, n int, b bytea, t text)")
    pair.on_source("ALTER TABLE big ALTER b SET STORAGE EXTERNAL, ALTER t SET STORAGE EXTERNAL")
    every_byte = "(SELECT decode(string_agg(lpad(to_hex(g), 2, '0'), '' ORDER BY g), 'hex') FROM generate_series(0, 255) g)"
    a_megabyte = f"(SELECT string_agg({every_byte}, ''::bytea) FROM generate_series(1, 4096))"
    blob = f"(SELECT string_agg(m, ''::bytea) FROM (SELECT {a_megabyte} AS m) x, generate_series(1, 256))"
    text = r"repeat(E'\\\n\t\r', 67108864)"
    pair.on_source(f"INSERT INTO big VALUES (1, 1, {blob}, 'small'), (2, 2, 'small', {text})")
    task = pair.task(mappings=ONLY_BIG, settings={})
    assert task.catch_up(timeout_s=400).code == 0
    # Enough small changes beside them for set statements to be tried.
    pair.on_source(
        "BEGIN; INSERT INTO big SELECT id + 10, n, b, t FROM big; UPDATE big SET n = n + 1;"
        "INSERT INTO big SELECT g, 0, '', '' FROM generate_series(100, 200) g; COMMIT"
    )
    pair.on_source("UPDATE big SET t = t || 'x' WHERE id = 12")
    assert task.catch_up(timeout_s=400).code == 0
    count = "SELECT id, n, length(b), md5(b), length(t), md5(t) FROM big ORDER BY 1"
    assert pair.on_source(count) == pair.on_target(count)
