-- A shop, small enough to read and with what makes migrations hard.
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('placed', 'paid', 'sent', 'returned');

CREATE TABLE shop.customers (
  id         serial PRIMARY KEY,
  name       text NOT NULL,
  email      text UNIQUE,
  settings   jsonb NOT NULL DEFAULT '{}',
  since      timestamptz NOT NULL DEFAULT now());

CREATE TABLE shop.products (
  id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  price      numeric NOT NULL CHECK (price >= 0),
  picture    bytea);                                   -- up to 2 MB

CREATE TABLE shop.orders (
  id         bigserial PRIMARY KEY,
  customer   int NOT NULL REFERENCES shop.customers ON DELETE CASCADE,
  state      shop.state NOT NULL DEFAULT 'placed',
  placed     timestamptz NOT NULL DEFAULT now(),
  note       text);

CREATE TABLE shop.order_lines (
  order_id   bigint REFERENCES shop.orders ON DELETE CASCADE,
  line       int,
  product    int NOT NULL REFERENCES shop.products,
  pieces     int NOT NULL DEFAULT 1,
  PRIMARY KEY (order_id, line));

CREATE TABLE shop.visits (                              -- no key at all
  customer   int,
  page       text,
  at         timestamptz NOT NULL DEFAULT now());

CREATE INDEX orders_by_customer ON shop.orders (customer, placed DESC);
CREATE INDEX orders_waiting ON shop.orders (placed) WHERE state = 'placed';
CREATE INDEX lines_by_product ON shop.order_lines (product);

INSERT INTO shop.customers (name, email, settings)
  SELECT 'Customer ' || i, 'c' || i || '@example.org', jsonb_build_object('theme', 'dark', 'visits', i % 17)
  FROM generate_series(1, 20000) i;
INSERT INTO shop.products (name, price, picture)
  SELECT 'Product ' || i, i * 1.99, decode(repeat(md5(i::text), CASE WHEN i % 100 = 0 THEN 65536 ELSE 200 END), 'hex')
  FROM generate_series(1, 1000) i;
INSERT INTO shop.orders (customer, state, note)
  SELECT 1 + i % 20000, (enum_range(NULL::shop.state))[1 + i % 4], CASE WHEN i % 9 = 0 THEN repeat('please ring ', 200) END
  FROM generate_series(1, 200000) i;
INSERT INTO shop.order_lines (order_id, line, product, pieces)
  SELECT o, l, 1 + (o * 7 + l) % 1000, l FROM generate_series(1, 200000) o, generate_series(1, 3) l;
INSERT INTO shop.visits (customer, page) SELECT 1 + i % 20000, '/p/' || i % 1000 FROM generate_series(1, 300000) i;
