"""What the application of schema.sql does, as works for Writers."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def pay(cursor: Any, chance: Random) -> None:
    """pgbench's own transaction."""
    aid, tid, bid, delta = (
        chance.randint(1, 40000),
        chance.randint(1, 40),
        chance.randint(1, 4),
        chance.randint(-500, 500),
    )
    cursor.execute("UPDATE accounts SET balance = balance + %s WHERE aid = %s", (delta, aid))
    cursor.execute("UPDATE tellers SET balance = balance + %s WHERE tid = %s", (delta, tid))
    cursor.execute("UPDATE branches SET balance = balance + %s WHERE bid = %s", (delta, bid))
    cursor.execute("INSERT INTO history (tid, bid, aid, delta) VALUES (%s, %s, %s, %s)", (tid, bid, aid, delta))


def add_family(cursor: Any, chance: Random) -> None:
    cursor.execute("INSERT INTO parents (name) VALUES (%s) RETURNING id", (f"new {chance.random()}",))
    (parent,) = cursor.fetchone()
    cursor.execute(
        "INSERT INTO children (parent_id, note) SELECT %s, '{\"new\": true}' FROM generate_series(1, 3)", (parent,)
    )


def delete_family(cursor: Any, chance: Random) -> None:
    """The children go by cascade."""
    cursor.execute("DELETE FROM parents WHERE id = %s", (chance.randint(1, 3000),))


def renumber_family(cursor: Any, chance: Random) -> None:
    """The children follow by cascade."""
    old = chance.randint(1, 3000)
    cursor.execute("UPDATE parents SET id = %s WHERE id = %s", (old + 100000 * chance.randint(1, 9), old))


def read_document(cursor: Any, chance: Random) -> None:
    """The large value stays as it is, and so is not in the log."""
    cursor.execute("UPDATE documents SET seen = seen + 1 WHERE id = %s", (chance.randint(1, 600),))


def rewrite_document(cursor: Any, chance: Random) -> None:
    body = f"{chance.random()} " * 450
    cursor.execute("UPDATE documents SET body = %s WHERE id = %s", (body, chance.randint(1, 600)))


def swap_seats(cursor: Any, chance: Random) -> None:
    one, other = sorted(chance.sample(range(1, 201), 2))
    cursor.execute("SELECT id, place FROM seats WHERE id IN (%s, %s) ORDER BY id FOR UPDATE", (one, other))
    (_, first), (_, second) = cursor.fetchall()
    cursor.execute("UPDATE seats SET place = %s WHERE id = %s", (second, one))
    cursor.execute("UPDATE seats SET place = %s WHERE id = %s", (first, other))


def rummage(cursor: Any, chance: Random) -> None:
    what = f"thing {chance.randint(0, 50)}"
    cursor.execute("INSERT INTO bag VALUES (%s, %s)", (what, chance.randint(0, 9)))
    cursor.execute(
        "UPDATE bag SET amount = amount + 1 WHERE ctid = (SELECT min(ctid) FROM bag WHERE what = %s)", (what,)
    )
    cursor.execute("DELETE FROM bag WHERE ctid = (SELECT max(ctid) FROM bag WHERE what = %s)", (what,))


def change_mind(cursor: Any, chance: Random) -> None:
    """Half of it is rolled back."""
    cursor.execute("UPDATE accounts SET filler = 'kept' WHERE aid = %s", (chance.randint(1, 40000),))
    cursor.execute("SAVEPOINT half; UPDATE accounts SET filler = 'lost' WHERE aid < 20; ROLLBACK TO half")


WORKS = [
    (10, pay),
    (3, add_family),
    (2, delete_family),
    (2, renumber_family),
    (6, read_document),
    (2, rewrite_document),
    (2, swap_seats),
    (2, rummage),
    (1, change_mind),
]
