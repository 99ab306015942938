"""What the application of schema_mysql.sql does, as works for Writers."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from shop import delete_family, pay, read_document, renumber_family, rewrite_document

SCHEMA = (Path(__file__).parent / "schema_mysql.sql").read_text()


def add_family(cursor: Any, chance: Random) -> None:
    cursor.execute("INSERT INTO parents (name) VALUES (%s)", (f"new {chance.random()}",))
    parent = cursor.lastrowid
    children = ", ".join(f"({parent}, '{{\"new\": true}}')" for _ in range(3))
    cursor.execute(f"INSERT INTO children (parent_id, note) VALUES {children}")


def swap_seats(cursor: Any, chance: Random) -> None:
    """A unique key is checked at once: by way of no place at all."""
    one, other = sorted(chance.sample(range(1, 201), 2))
    cursor.execute("SELECT place FROM seats WHERE id IN (%s, %s) ORDER BY id FOR UPDATE", (one, other))
    (first,), (second,) = cursor.fetchall()
    cursor.execute("UPDATE seats SET place = NULL WHERE id = %s", (one,))
    cursor.execute("UPDATE seats SET place = %s WHERE id = %s", (first, other))
    cursor.execute("UPDATE seats SET place = %s WHERE id = %s", (second, one))


def rummage(cursor: Any, chance: Random) -> None:
    what = f"thing {chance.randint(0, 50)}"
    cursor.execute("INSERT INTO bag VALUES (%s, %s)", (what, chance.randint(0, 9)))
    cursor.execute("UPDATE bag SET amount = amount + 1 WHERE what = %s LIMIT 1", (what,))
    cursor.execute("DELETE FROM bag WHERE what = %s ORDER BY amount DESC LIMIT 1", (what,))


def change_mind(cursor: Any, chance: Random) -> None:
    """Half of it is rolled back."""
    cursor.execute("UPDATE accounts SET filler = 'kept' WHERE aid = %s", (chance.randint(1, 40000),))
    cursor.execute("SAVEPOINT half")
    cursor.execute("UPDATE accounts SET filler = 'lost' WHERE aid < 20")
    cursor.execute("ROLLBACK TO half")


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
