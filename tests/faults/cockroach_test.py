"""Into the fake CockroachDB (tests/servers/fake_cockroach.py): what a cluster lacks is not asked for, and transactions
that it wants tried again are replayed without a row lost, doubled or parked."""

from __future__ import annotations

from typing import Iterator

import pytest

from conftest import SETTINGS, Pair
from fake_cockroach import FakeCockroach
from servers import PostgresServer
from worker import Task

# Every kind of change, on tables with keys and without.
CHANGES = """
UPDATE accounts SET balance = balance + 1 WHERE aid % 7 = 0;
UPDATE documents SET seen = seen + 1;
UPDATE documents SET body = repeat('again ', 3000) WHERE id % 50 = 0;
DELETE FROM history WHERE aid % 3 = 0;
DELETE FROM parents WHERE id % 9 = 0;
UPDATE parents SET id = id + 100000 WHERE id % 11 = 0;
UPDATE seats SET place = 201 - place;
INSERT INTO bag SELECT 'more ' || g % 5, g FROM generate_series(1, 60) g;
UPDATE bag SET amount = amount + 1 WHERE what = 'thing 7';
DELETE FROM bag WHERE what = 'thing 8';
TRUNCATE history;
INSERT INTO history SELECT g, 1, g, g FROM generate_series(1, 500) g;
INSERT INTO types SELECT g, g, g * 1.5, 'it''s \\ ' || g, '\\x00ff', jsonb_build_object('g', g), ARRAY['a,"b"', NULL],
  '2024-02-29', '101', 'fine' FROM generate_series(1001, 1400) g;
UPDATE types SET n = n + 1, note = NULL WHERE id % 2 = 0;
UPDATE types SET bits = '110', bytes = '\\x5c27', mood = 'so so' WHERE id % 3 = 0;
DELETE FROM types WHERE id % 5 = 0;
"""

SCHEMA = """
CREATE TYPE mood AS ENUM ('fine', 'so so');
CREATE TABLE types (id int, part int, n numeric(12,4), note varchar(40), bytes bytea, doc jsonb, list text[], day date,
  bits bit(3), mood mood, PRIMARY KEY (id, part));
INSERT INTO types SELECT g, g, g / 3.0, E'tab\\t ' || g, '\\x0a09', '{"a": [1]}', '{x}', '2024-01-01', '001', 'so so'
  FROM generate_series(1, 1000) g;
ALTER TABLE history REPLICA IDENTITY FULL;
INSERT INTO history SELECT g, 1, g, g FROM generate_series(1, 500) g;
CREATE TABLE log (line text);
INSERT INTO log SELECT 'line ' || g FROM generate_series(1, 20000) g;
CREATE TABLE big (id int PRIMARY KEY, body text);
ALTER TABLE big ALTER body SET STORAGE EXTENDED;
INSERT INTO big SELECT g, repeat(md5(g::text), 60000) FROM generate_series(1, 4) g;
"""


class FakePair(Pair):
    """The worker meets the fake; what is asked of the target afterwards is asked of the server behind it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # Not there: what a cluster could not be given either.
        self.source.psql("DROP TABLE seats; CREATE TABLE seats (id int PRIMARY KEY, place int);", self.database)
        self.source.psql("INSERT INTO seats SELECT g, g FROM generate_series(1, 200) g;", self.database)
        self.source.psql("ALTER TABLE documents ALTER body SET STORAGE EXTENDED;", self.database)
        self.source.psql(SCHEMA, self.database)

    def behind(self, fake: FakeCockroach) -> Task:
        task = self.task()
        task.target_uri = fake.uri(self.database)
        return task


@pytest.fixture
def fake_pair(shared_servers: tuple[PostgresServer, PostgresServer]) -> Iterator[FakePair]:
    source, target = shared_servers
    try:
        made = FakePair(source, target, "fake")
        with made:
            yield made
    finally:
        for server in shared_servers:
            server.drop_database("fake")


def assert_nothing_was_refused(fake: FakeCockroach) -> None:
    assert not fake.noted("refused"), "\n".join(fake.noted("refused"))
    assert "Traceback" not in fake.errors(), fake.errors()


def assert_arrived(pair: FakePair, task: Task) -> None:
    outcome = task.catch_up("--finish")
    assert outcome.code == 0, outcome
    pair.assert_equal()
    assert pair.on_target("SELECT count(*) FROM godwit_parked") == [(0,)]
    assert pair.on_target("SELECT count(*) FROM awsdms_apply_exceptions") == [(0,)]


def test_every_kind_of_change_arrives_and_nothing_is_asked_for_that_a_cluster_lacks(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target) as fake:
        task = fake_pair.behind(fake)
        outcome = task.catch_up()
        assert outcome.code == 0, outcome
        fake_pair.assert_equal()
        fake_pair.source.psql(CHANGES, fake_pair.database)
        fake_pair.on_source(CHANGES_AT_ONCE)
        assert_arrived(fake_pair, task)
        assert_nothing_was_refused(fake)
        keys = fake_pair.on_target("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
        assert keys == [(2,)], "the foreign keys are there again"


# In one transaction, so that the net changes of a window are sets.
CHANGES_AT_ONCE = """
UPDATE types SET n = n - 1, doc = '{"b": null}', list = NULL WHERE id % 7 = 1;
DELETE FROM types WHERE id % 7 = 2;
INSERT INTO types (id, part, note) SELECT g, 0, 'late' FROM generate_series(2001, 2100) g;
UPDATE documents SET body = 'short', seen = 0 WHERE id < 100;
UPDATE accounts SET filler = 'it''s \\ ' WHERE aid < 2000;
"""


def test_replays_load_and_changes_when_one_request_in_ten_is_refused_and_the_worker_killed(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target, retry_every=10) as fake:
        task = fake_pair.behind(fake)
        with fake_pair.writers(2):
            killed = task.migrate(failpoint="slice-before-commit@4=kill")
            assert killed.code == -9, killed
            killed = task.migrate(failpoint="window-half-way@5=kill")
            assert killed.code == -9, killed
        fake_pair.source.psql(CHANGES, fake_pair.database)
        fake_pair.on_source(CHANGES_AT_ONCE)
        assert_arrived(fake_pair, task)
        assert len(fake.noted("retry")) > 20, fake.noted("retry")
        assert any(statement.startswith("COMMIT") or "COPY" in statement for statement in fake.noted("retry"))
        assert_nothing_was_refused(fake)


def test_a_postgres_target_may_ask_for_replays_too(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target, plain=True, retry_every=15) as server:
        task = fake_pair.behind(server)
        with fake_pair.writers(2):
            killed = task.migrate(failpoint="window-half-way@3=kill")
            assert killed.code == -9, killed
        fake_pair.source.psql(CHANGES, fake_pair.database)
        fake_pair.on_source(CHANGES_AT_ONCE)
        assert_arrived(fake_pair, task)
        assert server.noted("retry")


def test_a_commit_of_unknown_outcome_is_neither_lost_nor_done_twice(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target, retry_every=40, ambiguous_every=8) as fake:
        task = fake_pair.behind(fake)
        with fake_pair.writers(2):
            outcome = task.catch_up()
            assert outcome.code == 0, outcome
        fake_pair.source.psql(CHANGES, fake_pair.database)
        for round_number in range(40):  # how many commits the work above took is the machine's to say
            if fake.noted("ambiguous-committed") and fake.noted("ambiguous-lost"):
                break
            fake_pair.on_source(f"UPDATE types SET n = {round_number}")
            assert task.catch_up().code == 0
        assert_arrived(fake_pair, task)
        assert fake.noted("ambiguous-committed") and fake.noted("ambiguous-lost"), "both outcomes were met"


def test_replays_end_as_the_settings_say(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target) as quiet:
        task = fake_pair.behind(quiet)
        assert task.catch_up().code == 0
    fake_pair.source.psql(CHANGES, fake_pair.database)
    with FakeCockroach(fake_pair.target, retry_every=1) as fake:
        task.target_uri = fake.uri(fake_pair.database)
        outcome = task.catch_up(timeout_s=120)
        assert outcome.code == 1, outcome
        assert "restart transaction" in outcome.output


def test_old_clusters_are_refused_in_the_words_of_the_field(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target, version="v21.2.12") as fake:
        outcome = fake_pair.behind(fake).catch_up()
        assert outcome.code == 1, outcome
        assert "CockroachDB v21.2.13+ or v22.1+ is required." in outcome.output
        assert outcome.ended.wall_s < 10


def test_a_cluster_cannot_be_the_source(fake_pair: FakePair) -> None:
    with FakeCockroach(fake_pair.target) as fake:
        task = fake_pair.task()
        task.source_uri = fake.uri(fake_pair.database)
        outcome = task.catch_up()
        assert outcome.code == 1, outcome
        assert "which can be a target only" in outcome.output


def test_tables_made_beforehand_keep_their_hidden_column(fake_pair: FakePair) -> None:
    """A cluster gives a table without a key a hidden one; it is neither written nor taken for the user's."""
    fake_pair.source.psql("CREATE TABLE lone (what text, n int); ALTER TABLE lone REPLICA IDENTITY FULL;", "fake")
    fake_pair.source.psql("INSERT INTO lone SELECT 'a' || g % 3, g % 5 FROM generate_series(1, 100) g;", "fake")
    fake_pair.target.psql("CREATE TABLE lone (what text, n int, rowid bigserial PRIMARY KEY);", "fake")
    with FakeCockroach(fake_pair.target, retry_every=10) as fake:
        task = fake_pair.behind(fake)
        task.mappings = {
            "rules": [
                {
                    "rule-type": "selection",
                    "rule-id": "1",
                    "rule-name": "1",
                    "object-locator": {"schema-name": "public", "table-name": "lone"},
                    "rule-action": "include",
                }
            ]
        }
        task.settings = {**SETTINGS, "FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}}
        assert task.catch_up().code == 0
        fake_pair.source.psql(
            "DELETE FROM lone WHERE ctid IN (SELECT ctid FROM lone WHERE n = 1 LIMIT 3); UPDATE lone SET n = 7 WHERE"
            " n = 2 AND what = 'a1'; INSERT INTO lone VALUES (NULL, NULL);",
            "fake",
        )
        outcome = task.catch_up("--finish")
        assert outcome.code == 0, outcome
        rows = "SELECT what, n, count(*) FROM lone GROUP BY 1, 2 ORDER BY 1, 2"
        assert fake_pair.on_target(rows) == fake_pair.on_source(rows)
        assert_nothing_was_refused(fake)


def test_rows_that_leave_a_filter_leave_the_cluster(fake_pair: FakePair) -> None:
    """The log shows the key of what is deleted and nothing else, so nobody knows whether the target holds the row."""
    fake_pair.source.psql("CREATE TABLE item (id int PRIMARY KEY, grp int);", "fake")
    fake_pair.source.psql("INSERT INTO item SELECT g, g % 10 FROM generate_series(1, 4000) g;", "fake")
    with FakeCockroach(fake_pair.target, retry_every=10) as fake:
        task = fake_pair.behind(fake)
        task.mappings = FILTERED
        assert task.catch_up().code == 0
        for changes in (
            "DELETE FROM item WHERE id % 3 = 0",
            "UPDATE item SET grp = 9 - grp WHERE id % 7 = 0",
            "UPDATE item SET id = id + 10000 WHERE id % 11 = 0",
        ):
            fake_pair.source.psql(changes, "fake")
            outcome = task.catch_up()
            assert outcome.code == 0, outcome
            wanted = fake_pair.on_source("SELECT id, grp FROM item WHERE grp BETWEEN 3 AND 6 ORDER BY 1")
            assert fake_pair.on_target("SELECT id, grp FROM item ORDER BY 1") == wanted
        assert_nothing_was_refused(fake)


FILTERED = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "object-locator": {"schema-name": "public", "table-name": "item"},
            "rule-action": "include",
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
