"""A copy of large objects that is killed half-way is taken up again, object by object."""

from __future__ import annotations

import pytest

from conftest import SETTINGS, Pair

OBJECTS = """
CREATE TABLE images (id int PRIMARY KEY, raster oid);
INSERT INTO images SELECT g, lo_from_bytea(700000 + g, decode((
  SELECT string_agg(md5((g * n)::text), '') FROM generate_series(1, 200000) n), 'hex')) FROM generate_series(1, 3) g;
"""
SUMS = "SELECT oid::int8, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1"


@pytest.mark.parametrize("passes", [1, 6, 12])
def test_resumes_after_a_kill_in_a_large_object(passes: int, pair: Pair) -> None:
    pair.source.psql(OBJECTS, pair.database)
    wanted = pair.on_source(SUMS)
    task = pair.task()
    with pair.writers():
        outcome = task.migrate(failpoint=f"large-object-half-way@{passes}=kill", timeout_s=90)
        assert outcome.code == -9, outcome
        done = pair.on_target("SELECT number::int8, xmin::text FROM godwit_large_objects ORDER BY 1")
        assert len(done) == (passes - 1) // 4
        assert task.catch_up().code == 0
    assert pair.on_target(SUMS) == wanted
    again = pair.on_target("SELECT number::int8, xmin::text FROM godwit_large_objects ORDER BY 1")
    assert again[: len(done)] == done
    pair.assert_ends_equal(task)


def test_a_start_anew_without_the_record_makes_them_anew(pair: Pair) -> None:
    """Their list goes with the rest of what the task left there: they would be somebody else's."""
    pair.source.psql(OBJECTS, pair.database)
    assert pair.task().catch_up().code == 0
    pair.target.psql("DELETE FROM godwit_task", pair.database)
    pair.source.psql("SELECT lo_put(700001, 0, 'another beginning')", pair.database)
    settings = {**SETTINGS, "FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}
    task = pair.task(settings=settings)
    outcome = task.catch_up("--restart")
    assert outcome.code == 0, outcome
    assert pair.on_target(SUMS) == pair.on_source(SUMS)
    pair.assert_ends_equal(task)
