-- The application of schema.sql on MariaDB and MySQL. The log holds nothing of what its foreign keys do to children.
CREATE TABLE branches (bid int PRIMARY KEY, balance bigint NOT NULL DEFAULT 0);
CREATE TABLE tellers (tid int PRIMARY KEY, bid int, balance bigint NOT NULL DEFAULT 0,
  CONSTRAINT tellers_branch FOREIGN KEY (bid) REFERENCES branches (bid));
CREATE TABLE accounts (aid int PRIMARY KEY, bid int, balance bigint NOT NULL DEFAULT 0, filler char(84) DEFAULT '',
  KEY accounts_bid (bid));
CREATE TABLE history (tid int, bid int, aid int, delta int, at timestamp(6) DEFAULT current_timestamp(6));  -- no key
CREATE TABLE parents (id int AUTO_INCREMENT PRIMARY KEY, name varchar(60) UNIQUE);
CREATE TABLE children (id int AUTO_INCREMENT PRIMARY KEY, note json, parent_id int,
  CONSTRAINT children_parent FOREIGN KEY (parent_id) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE documents (id int PRIMARY KEY, seen int NOT NULL DEFAULT 0, body longtext);  -- 8 KB values
CREATE TABLE seats (id int PRIMARY KEY, place int UNIQUE);
CREATE TABLE bag (what varchar(40), amount int);  -- no key

SET @n = 0;
CREATE TEMPORARY TABLE numbers AS SELECT @n := @n + 1 AS n
  FROM information_schema.collations a, information_schema.collations b, (SELECT 1 UNION SELECT 2) c LIMIT 40000;
INSERT INTO branches (bid) SELECT n FROM numbers WHERE n <= 4;
INSERT INTO tellers (tid, bid) SELECT n, 1 + n % 4 FROM numbers WHERE n <= 40;
INSERT INTO accounts (aid, bid, filler) SELECT n, 1 + n % 4, repeat('f', 80) FROM numbers;
INSERT INTO parents (name) SELECT concat('parent ', n) FROM numbers WHERE n <= 2000;
INSERT INTO children (parent_id, note) SELECT 1 + n % 2000, json_object('n', n) FROM numbers WHERE n <= 8000;
INSERT INTO documents SELECT n, 0, repeat(md5(n), 256) FROM numbers WHERE n <= 600;
INSERT INTO seats SELECT n, n FROM numbers WHERE n <= 200;
INSERT INTO bag SELECT concat('thing ', n % 50), n % 10 FROM numbers WHERE n <= 1000;
DROP TEMPORARY TABLE numbers;
