-- A small bank and a small shop: what an application writes to while it is migrated.
CREATE TABLE branches (bid int PRIMARY KEY, balance bigint NOT NULL DEFAULT 0);
CREATE TABLE tellers (tid int PRIMARY KEY, bid int REFERENCES branches, balance bigint NOT NULL DEFAULT 0);
CREATE TABLE accounts (aid int PRIMARY KEY, bid int, balance bigint NOT NULL DEFAULT 0, filler char(84) DEFAULT '');
CREATE TABLE history (tid int, bid int, aid int, delta int, at timestamptz DEFAULT now());  -- no key
CREATE INDEX accounts_bid ON accounts (bid);
INSERT INTO branches SELECT g FROM generate_series(1, 4) g;
INSERT INTO tellers SELECT g, 1 + g % 4 FROM generate_series(1, 40) g;
INSERT INTO accounts (aid, bid) SELECT g, 1 + g % 4 FROM generate_series(1, 40000) g;

CREATE TABLE parents (id serial PRIMARY KEY, name text UNIQUE);
CREATE TABLE children (id serial PRIMARY KEY, note jsonb,
  parent_id int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX children_parent ON children (parent_id);
INSERT INTO parents (name) SELECT 'parent ' || g FROM generate_series(1, 2000) g;
INSERT INTO children (parent_id, note) SELECT 1 + g % 2000, jsonb_build_object('n', g) FROM generate_series(1, 8000) g;

CREATE TABLE documents (id int PRIMARY KEY, seen int NOT NULL DEFAULT 0, body text);  -- 8 KB values, out of line
ALTER TABLE documents ALTER body SET STORAGE EXTERNAL;
INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1, 600) g;

CREATE TABLE seats (id int PRIMARY KEY, place int UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO seats SELECT g, g FROM generate_series(1, 200) g;

CREATE TABLE bag (what text, amount int);  -- no key, but its rows are found by all they hold
ALTER TABLE bag REPLICA IDENTITY FULL;
INSERT INTO bag SELECT 'thing ' || g % 50, g % 10 FROM generate_series(1, 1000) g;
