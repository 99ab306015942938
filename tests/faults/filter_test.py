"""A row filter whose column changes all the time, in load and changes, with kills in between: in the end the target holds
exactly the rows that pass on the source, whatever the log showed of them."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from conftest import SETTINGS, Pair
from processes import wait_until
from writers import Writers

ROWS = 4000
SCHEMA = f"""
CREATE TABLE item (id int PRIMARY KEY, grp int, label varchar(20), doc text, v int NOT NULL DEFAULT 0);
ALTER TABLE item ALTER doc SET STORAGE EXTERNAL;
INSERT INTO item SELECT g, g % 10, 'l' || g, repeat(chr(97 + g % 26), 3000), 0 FROM generate_series(1, {ROWS}) g;
CREATE SEQUENCE next_id START 1000000;
"""

MAPPINGS: dict[str, Any] = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": 1,
            "rule-name": "some",
            "rule-action": "include",
            "object-locator": {"schema-name": "public", "table-name": "item"},
            "filters": [
                {
                    "filter-type": "source",
                    "column-name": "grp",
                    "filter-conditions": [{"filter-operator": "between", "start-value": "3", "end-value": "6"}],
                }
            ],
        }
    ]
}


def _some(chance: random.Random) -> int:
    return chance.randint(1, ROWS)


def _move(cursor: Any, chance: random.Random) -> None:
    cursor.execute("UPDATE item SET grp = %s WHERE id = %s", (chance.randint(0, 9), _some(chance)))


def _move_many(cursor: Any, chance: random.Random) -> None:
    first = _some(chance)
    cursor.execute("UPDATE item SET grp = 9 - grp, v = v + 1 WHERE id BETWEEN %s AND %s", (first, first + 60))


def _touch(cursor: Any, chance: random.Random) -> None:
    cursor.execute("UPDATE item SET v = v + 1 WHERE id = %s", (_some(chance),))


def _rewrite(cursor: Any, chance: random.Random) -> None:
    cursor.execute(
        "UPDATE item SET doc = repeat(%s, 2500), grp = %s WHERE id = %s",
        (chance.choice("xyz"), chance.randint(0, 9), _some(chance)),
    )


def _move_key(cursor: Any, chance: random.Random) -> None:
    cursor.execute("UPDATE item SET id = -id, grp = %s WHERE abs(id) = %s", (chance.randint(0, 9), _some(chance)))


def _renew(cursor: Any, chance: random.Random) -> None:
    one = _some(chance)
    cursor.execute("DELETE FROM item WHERE id = %s RETURNING grp", (one,))
    if cursor.rowcount and chance.random() < 0.8:
        cursor.execute(
            "INSERT INTO item VALUES (%s, %s, 'new', repeat('n', 2800), 0)", (one, chance.choice([None, 2, 3, 6, 7]))
        )


def _insert(cursor: Any, chance: random.Random) -> None:
    cursor.execute(
        "INSERT INTO item SELECT nextval('next_id'), %s, 'more', repeat('m', 2600), 0", (chance.randint(0, 9),)
    )


WORKS = [(6, _move), (2, _move_many), (4, _touch), (3, _rewrite), (2, _move_key), (3, _renew), (2, _insert)]

SUMS = """SELECT count(*), sum(id::bigint), sum(grp), sum(v), sum(hashtext(label)::bigint), sum(hashtext(doc)::bigint)
FROM item WHERE {condition}"""
DIFFERENT = "SELECT id, grp, label, left(doc, 1), length(doc), v FROM item WHERE {condition} ORDER BY id"


def assert_target_holds_what_passes(pair: Pair) -> None:
    passes = "grp BETWEEN 3 AND 6"
    if pair.on_source(SUMS.format(condition=passes)) == pair.on_target(SUMS.format(condition="true")):
        return
    source = set(pair.on_source(DIFFERENT.format(condition=passes)))
    target = set(pair.on_target(DIFFERENT.format(condition="true")))
    assert source == target, f"only on the source: {sorted(source - target)[:5]}; on the target: {sorted(target - source)[:5]}"


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
@pytest.mark.parametrize("failpoint", ["slice-half-way@2", "window-half-way@3", "window-committed@5", "load-done"])
def test_the_target_holds_what_passes_after_a_kill_at(failpoint: str, identity: str, pair: Pair) -> None:
    pair.source.psql(SCHEMA, pair.database)
    pair.on_source(f"ALTER TABLE item REPLICA IDENTITY {identity}")
    task = pair.task(mappings=MAPPINGS, settings=SETTINGS)
    with Writers(pair.source.uri(pair.database), WORKS, clients=3):
        killed = task.start(failpoint=f"{failpoint}=kill")
        wait_until(lambda: not killed.process.running(), 60, f"the kill at {failpoint}")
        for _ in range(3):
            run = task.start()
            wait_until(lambda: bool(pair.position()) or not run.process.running(), 60, "the position")
            time.sleep(1.5)
            assert run.process.running(), run.wait(1)
            run.kill()
    outcome = task.catch_up("--finish")
    assert outcome.code == 0, str(outcome)
    assert_target_holds_what_passes(pair)
