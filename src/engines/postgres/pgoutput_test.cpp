#include "engines/postgres/pgoutput.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "base/byte_writer.h"
#include "base/text.h"

namespace godwit::postgres {
namespace {

using Told = std::vector<std::string>;

// --- messages --------------------------------------------------------------------------------------------------

std::string hex(std::string_view text) {
  std::string out, digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

class Message {
 public:
  explicit Message(char kind) { bytes_.push_back(kind); }
  template <class Int>
  Message& number(Int value) {
    append_big_endian(bytes_, value);
    return *this;
  }
  Message& mark(char byte) {
    bytes_.push_back(byte);
    return *this;
  }
  Message& name(std::string_view text) {
    bytes_.append(text);
    bytes_.push_back('\0');
    return *this;
  }
  // Values apart by blanks: NULL, ~ for an unchanged one, else text.
  Message& row(std::string_view values) {
    const std::vector<std::string> parts = split(values, ' ');
    number(static_cast<uint16_t>(parts.size()));
    for (const std::string& value : parts) {
      if (value == "NULL" || value == "~") {
        bytes_.push_back(value == "~" ? 'u' : 'n');
        continue;
      }
      bytes_.push_back('t');
      number(static_cast<uint32_t>(value.size()));
      bytes_.append(value);
    }
    return *this;
  }
  std::string text() const { return std::string(bytes_.view()); }

 private:
  ByteBuffer bytes_;
};

std::string begin(Lsn commit_lsn, uint32_t xid = 9) {
  return Message('B').number(commit_lsn).number(int64_t{0}).number(xid).text();
}
std::string commit(Lsn commit_lsn) {
  return Message('C').mark('\0').number(commit_lsn).number(commit_lsn + 8).number(int64_t{0}).text();
}

struct SentColumn {
  std::string_view name;
  uint32_t type = 25;
  bool key = false;
  int32_t modifier = -1;
};

std::string relation(uint32_t oid, std::string_view name, const std::vector<SentColumn>& columns,
                     char identity = 'd') {
  Message out('R');
  out.number(oid).name("public").name(name).mark(identity).number(static_cast<uint16_t>(columns.size()));
  for (const SentColumn& column : columns)
    out.mark(column.key ? '\1' : '\0').name(column.name).number(column.type).number(column.modifier);
  return out.text();
}

std::string insert(uint32_t oid, std::string_view row) {
  return Message('I').number(oid).mark('N').row(row).text();
}
std::string update(uint32_t oid, std::string_view row) {
  return Message('U').number(oid).mark('N').row(row).text();
}
std::string update(uint32_t oid, char form, std::string_view before, std::string_view after) {
  return Message('U').number(oid).mark(form).row(before).mark('N').row(after).text();
}
std::string erase(uint32_t oid, char form, std::string_view before) {
  return Message('D').number(oid).mark(form).row(before).text();
}
std::string truncate(const std::vector<uint32_t>& oids) {
  Message out('T');
  out.number(static_cast<uint32_t>(oids.size())).mark('\0');
  for (const uint32_t oid : oids) out.number(oid);
  return out.text();
}

// --- tables ----------------------------------------------------------------------------------------------------

constexpr uint32_t a_oid = 0x40a2, parted_oid = 500, leaf_oid = 501, other_leaf_oid = 502, wide_oid = 600;

ColumnDef column(std::string name, uint32_t type) {
  ColumnDef out;
  out.name = std::move(name);
  out.type.native = type == 23 ? "integer" : "text";
  out.type.log_id = type;
  return out;
}

std::shared_ptr<TableDef> table(std::string name, uint32_t oid) {
  auto out = std::make_shared<TableDef>();
  out->ref = {"public", std::move(name)};
  out->log_id = oid;
  out->columns = {column("id", 23), column("v", 25)};
  out->key = KeyDef{"pkey", {0}};
  return out;
}

// 0: a(id, v). 1: parted(id, v) of two leaves. 2: wide(id, skipped, v, computed) of which v and id are wanted.
std::vector<CapturedTable> tables() {
  const auto a = table("a", a_oid), parted = table("parted", parted_oid), wide = table("wide", wide_oid),
             narrow = table("wide", wide_oid);
  parted->partitioned = true;
  parted->leaves = {{{"public", "leaf"}, leaf_oid}, {{"public", "other_leaf"}, other_leaf_oid}};
  wide->columns = {column("id", 23), column("skipped", 25), column("v", 25), column("computed", 23)};
  wide->columns[3].generated = true;
  narrow->columns = {column("v", 25), column("id", 23)};
  narrow->key = KeyDef{"pkey", {1}};
  return {{a, a, {}}, {parted, parted, {}}, {wide, narrow, {}}};
}

const std::vector<SentColumn> two_columns = {{"id", 23, true}, {"v"}};
const std::vector<SentColumn> three_columns = {{"id", 23, true}, {"skipped"}, {"v"}};

std::string image(const ChangeBatch& batch, const Change& change, uint32_t row) {
  const RowBatch& rows = batch.images[change.table];
  std::string out;
  for (size_t c = 0; c < rows.width(); ++c) {
    const Cell& cell = rows.cell(row, c);
    if (c > 0) out += ' ';
    if (cell.length == Cell::unchanged)
      out += '~';
    else
      out += cell.length == Cell::null ? "NULL" : rows.bytes(cell);
  }
  return out;
}

// One line for each change, "UPDATE 0 old row -> new row"; a truncate names its leaf.
Told told(const ChangeBatch& batch) {
  Told out;
  for (const Change& change : batch.changes) {
    std::string line = fmt::format("{} {}", to_string(change.op), change.table);
    if (change.op == Op::truncate) {
      if (change.before_row != Change::no_row) line += fmt::format(" leaf {}", change.before_row);
    } else {
      if (change.before_row != Change::no_row) line += fmt::format(" {} ->", image(batch, change, change.before_row));
      if (change.after_row != Change::no_row) line += fmt::format(" {}", image(batch, change, change.after_row));
    }
    out.push_back(std::move(line));
  }
  return out;
}

// A decoder and the batch it fills.
class Stream {
 public:
  explicit Stream(std::vector<CapturedTable> captured = tables()) : decoder(captured) { decoder.start_batch(batch); }

  void send(const std::vector<std::string>& messages) {
    for (const std::string& message : messages) {
      const Result<void> done = decoder.decode(message, batch);
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  // One transaction.
  void transaction(Lsn lsn, std::vector<std::string> messages) {
    messages.insert(messages.begin(), begin(lsn));
    messages.push_back(commit(lsn));
    send(messages);
  }
  void hand_over() {
    decoder.batch_taken();
    decoder.start_batch(batch);
  }

  PgoutputDecoder decoder;
  ChangeBatch batch;
};

// --- what the server sends -------------------------------------------------------------------------------------

const std::vector<std::string>& recorded() {
  static const std::vector<std::string> messages = {
      hex("42 0000 0000 019a1460 000303cfee3d31f0 000002e1"),
      hex("52 000040a2 7075626c696300 6100 64 0002  01 696400 00000017 ffffffff  00 7600 00000019 ffffffff"),
      hex("49 000040a2 4e 0002 74 00000001 31 74 00000001 78"),
      hex("49 000040a2 4e 0002 74 00000001 32 6e"),
      hex("55 000040a2 4b 0002 74 00000001 32 6e 4e 0002 74 00000001 33 6e"),
      hex("44 000040a2 4b 0002 74 00000001 33 6e"),
      hex("43 00 00000000019a1460 00000000019a1490 000303cfee3d31f0"),
  };
  return messages;
}

TEST(Pgoutput, a_recorded_transaction_is_understood) {
  Stream stream;
  stream.send(recorded());
  EXPECT_EQ(told(stream.batch),
            (Told{"INSERT 0 1 x", "INSERT 0 2 NULL", "UPDATE 0 2 ~ -> 3 NULL", "DELETE 0 3 ~ ->"}));
  ASSERT_EQ(stream.batch.parts.size(), 1U);
  const TxnPart& part = stream.batch.parts[0];
  EXPECT_EQ(part.xid, 0x2e1U);
  EXPECT_EQ(part.kind, TxnPart::Kind::commit);
  EXPECT_EQ(part.first, 0U);
  EXPECT_EQ(part.count, 4U);
  EXPECT_EQ(part.commit.text, "00000000/019A1460");
  EXPECT_EQ(part.end.text, "00000000/019A1490");
  EXPECT_EQ(part.commit_us, 1795301320233456);  // 2026-11-21 22:48:40.233456
  EXPECT_EQ(stream.batch.read_to, part.end);
  EXPECT_TRUE(stream.batch.schema.empty());
  EXPECT_FALSE(stream.decoder.in_transaction());
}

TEST(Pgoutput, each_form_of_change_gives_the_images_it_carries) {
  struct Case {
    std::string message;
    std::string_view change;
  };
  const Case cases[] = {
      {insert(a_oid, "1 x"), "INSERT 0 1 x"},
      {insert(a_oid, "1 "), "INSERT 0 1 "},
      {update(a_oid, "1 x"), "UPDATE 0 1 x"},
      {update(a_oid, "1 ~"), "UPDATE 0 1 ~"},
      {update(a_oid, 'K', "1 NULL", "2 x"), "UPDATE 0 1 ~ -> 2 x"},
      {update(a_oid, 'K', "1 NULL", "2 ~"), "UPDATE 0 1 ~ -> 2 ~"},
      {update(a_oid, 'O', "1 old", "1 x"), "UPDATE 0 1 old -> 1 x"},
      {update(a_oid, 'O', "1 NULL", "1 ~"), "UPDATE 0 1 NULL -> 1 ~"},
      {erase(a_oid, 'K', "1 NULL"), "DELETE 0 1 ~ ->"},
      {erase(a_oid, 'O', "1 old"), "DELETE 0 1 old ->"},
      {erase(a_oid, 'O', "1 NULL"), "DELETE 0 1 NULL ->"},
      {truncate({a_oid}), "TRUNCATE 0"},
  };
  for (const Case& c : cases) {
    Stream stream;
    stream.transaction(100, {relation(a_oid, "a", two_columns), c.message});
    EXPECT_EQ(told(stream.batch), Told{std::string(c.change)});
  }
}

TEST(Pgoutput, columns_go_where_the_layout_wants_them) {
  Stream stream;
  stream.transaction(100, {relation(wide_oid, "wide", three_columns), insert(wide_oid, "1 s x"),
                           update(wide_oid, 'K', "1 NULL NULL", "2 ~ ~"), erase(wide_oid, 'K', "2 NULL NULL")});
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 2 x 1", "UPDATE 2 ~ 1 -> ~ 2", "DELETE 2 ~ 2 ->"}));
}

TEST(Pgoutput, columns_are_known_by_name_and_not_by_place) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", {{"v"}, {"id", 23, true}}), insert(a_oid, "x 1")});
  EXPECT_EQ(told(stream.batch), Told{"INSERT 0 1 x"});
}

TEST(Pgoutput, rows_of_a_leaf_are_rows_of_its_table) {
  Stream stream;
  stream.transaction(100, {relation(leaf_oid, "leaf", two_columns), relation(other_leaf_oid, "renamed", two_columns),
                           insert(leaf_oid, "1 x"), insert(other_leaf_oid, "2 y")});
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 1 1 x", "INSERT 1 2 y"}));
}

TEST(Pgoutput, a_truncate_tells_each_table_and_each_leaf) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", two_columns), relation(parted_oid, "parted", two_columns),
                           relation(other_leaf_oid, "other_leaf", two_columns),
                           relation(wide_oid, "wide", three_columns), relation(7777, "stranger", two_columns),
                           truncate({wide_oid, 7777, a_oid, parted_oid}), truncate({other_leaf_oid})});
  EXPECT_EQ(told(stream.batch), (Told{"TRUNCATE 2", "TRUNCATE 0", "TRUNCATE 1", "TRUNCATE 1 leaf 1"}));
}

TEST(Pgoutput, relations_of_no_captured_table_are_skipped_and_reported_once) {
  Stream stream;
  stream.transaction(100,
                     {relation(7777, "stranger", two_columns), relation(a_oid, "a", two_columns), insert(7777, "1 x"),
                      update(7777, 'K', "1 NULL", "2 x"), erase(7777, 'O', "2 x"), insert(a_oid, "1 x")});
  EXPECT_EQ(told(stream.batch), Told{"INSERT 0 1 x"});
  EXPECT_EQ(stream.decoder.take_strangers(), std::vector<uint32_t>{7777});
  EXPECT_TRUE(stream.decoder.take_strangers().empty());
}

TEST(Pgoutput, other_messages_change_nothing) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", two_columns), Message('O').number(uint64_t{1}).name("origin").text(),
                           Message('Y').number(uint32_t{1}).name("public").name("mood").text(),
                           Message('M').mark('\1').number(uint64_t{1}).name("app").number(uint32_t{0}).text(),
                           insert(a_oid, "1 x")});
  EXPECT_EQ(told(stream.batch), Told{"INSERT 0 1 x"});
}

// --- structure changes -----------------------------------------------------------------------------------------

TEST(Pgoutput, a_structure_that_does_not_fit_suspends_the_table) {
  struct Case {
    std::string relation;
    std::string_view what;
  };
  const Case cases[] = {
      {relation(a_oid, "a", {{"id", 20, true}, {"v"}}), "column \"id\" is no longer of type integer"},
      {relation(a_oid, "a", {{"id", 23, true}, {"v", 25, false, 14}}), "column \"v\" is no longer of type text"},
      {relation(a_oid, "a", {{"id", 23, true}, {"v"}, {"added"}}), "column \"added\" is new"},
      {relation(a_oid, "a", {{"id", 23, true}}), "column \"v\" is gone"},
      {relation(a_oid, "a", {{"id", 23, true}, {"w"}}), "column \"w\" is new"},
      {relation(a_oid, "b", two_columns), "the table is now named public.b"},
  };
  for (const Case& c : cases) {
    Stream stream;
    stream.transaction(100, {relation(a_oid, "a", two_columns), insert(a_oid, "1 x")});
    stream.transaction(200, {c.relation, truncate({a_oid})});
    EXPECT_EQ(told(stream.batch), Told{"INSERT 0 1 x"}) << c.what;
    ASSERT_EQ(stream.batch.schema.size(), 1U) << c.what;
    const SchemaEvent& event = stream.batch.schema[0];
    EXPECT_EQ(event.what, c.what);
    EXPECT_EQ(event.table, 0U);
    EXPECT_EQ(event.before_change, 1U);
    EXPECT_EQ(event.at, lsn_position(200));
  }
}

TEST(Pgoutput, a_table_is_suspended_by_its_first_change_and_not_by_the_structure_alone) {
  Stream stream;
  const std::string changed = relation(a_oid, "a", {{"id", 20, true}, {"v"}});
  stream.transaction(100, {changed, relation(wide_oid, "wide", three_columns), insert(wide_oid, "1 s x")});
  EXPECT_TRUE(stream.batch.schema.empty());
  stream.transaction(200, {insert(wide_oid, "2 s y"), insert(a_oid, "1 x"), insert(wide_oid, "3 s z")});
  ASSERT_EQ(stream.batch.schema.size(), 1U);
  EXPECT_EQ(stream.batch.schema[0].before_change, 2U);
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 2 x 1", "INSERT 2 y 2", "INSERT 2 z 3"})) << "others go on";
}

TEST(Pgoutput, a_suspended_table_stays_so_and_is_reported_once) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", {{"id", 20, true}, {"v"}}), insert(a_oid, "1 x"),
                           update(a_oid, 'K', "1 NULL", "2 x"), erase(a_oid, 'K', "2 NULL")});
  stream.transaction(200, {relation(a_oid, "a", two_columns), insert(a_oid, "3 x"), truncate({a_oid})});
  EXPECT_EQ(stream.batch.schema.size(), 1U);
  EXPECT_TRUE(told(stream.batch).empty());
}

TEST(Pgoutput, changes_before_the_start_of_a_table_are_not_wanted_and_never_suspend_it) {
  std::vector<CapturedTable> captured = tables();
  captured[0].from = lsn_position(200);
  const std::string changed = relation(a_oid, "a", {{"id", 20, true}, {"v"}});
  struct Case {
    std::string before, after;
    size_t suspended;
    Told changes;
  };
  const Case cases[] = {
      {relation(a_oid, "a", two_columns), relation(a_oid, "a", two_columns), 0, {"INSERT 0 2 b", "INSERT 0 3 c"}},
      {changed, relation(a_oid, "a", two_columns), 0, {"INSERT 0 2 b", "INSERT 0 3 c"}},
      {changed, changed, 1, {}},
      {relation(a_oid, "a", two_columns), changed, 1, {}},
  };
  for (const Case& c : cases) {
    Stream stream(captured);
    stream.transaction(199, {c.before, insert(a_oid, "1 a"), truncate({a_oid})});
    EXPECT_TRUE(stream.batch.empty());
    stream.transaction(200, {c.after, insert(a_oid, "2 b")});
    stream.transaction(201, {insert(a_oid, "3 c")});
    EXPECT_EQ(stream.batch.schema.size(), c.suspended);
    EXPECT_EQ(told(stream.batch), c.changes);
    EXPECT_EQ(stream.batch.read_to, lsn_position(209));
  }
}

TEST(Pgoutput, the_caller_may_suspend_a_table_by_any_of_its_oids) {
  Stream stream;
  EXPECT_EQ(stream.decoder.table_of(other_leaf_oid), 1U);
  EXPECT_EQ(stream.decoder.table_of(parted_oid), 1U);
  EXPECT_EQ(stream.decoder.table_of(7777), std::nullopt);
  stream.send({begin(100), relation(leaf_oid, "leaf", two_columns), insert(leaf_oid, "1 x")});
  for (int i = 0; i < 2; ++i) stream.decoder.suspend(1, "a new partition", stream.batch);
  stream.send({insert(leaf_oid, "2 x"), commit(100)});
  EXPECT_EQ(told(stream.batch), Told{"INSERT 1 1 x"});
  ASSERT_EQ(stream.batch.schema.size(), 1U);
  EXPECT_EQ(stream.batch.schema[0].what, "a new partition");
  EXPECT_EQ(stream.batch.schema[0].before_change, 1U);
}

// --- transactions ----------------------------------------------------------------------------------------------

TEST(Pgoutput, an_empty_transaction_moves_the_position_alone) {
  Stream stream;
  stream.transaction(100, {});
  EXPECT_TRUE(stream.batch.empty());
  EXPECT_EQ(stream.batch.read_to, lsn_position(108));
  stream.transaction(200, {relation(7777, "stranger", two_columns), insert(7777, "1 x")});
  EXPECT_TRUE(stream.batch.empty());
  EXPECT_EQ(stream.batch.read_to, lsn_position(208));
}

TEST(Pgoutput, an_open_transaction_does_not_move_the_position) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", two_columns)});
  stream.send({begin(200), insert(a_oid, "1 x")});
  EXPECT_TRUE(stream.decoder.in_transaction());
  EXPECT_EQ(stream.batch.read_to, lsn_position(108));
}

TEST(Pgoutput, a_transaction_may_be_told_over_several_batches) {
  Stream stream;
  stream.send({begin(100, 77), relation(a_oid, "a", two_columns), insert(a_oid, "1 x"), insert(a_oid, "2 y")});
  EXPECT_GT(stream.decoder.batch_bytes(), 4U);
  struct Expected {
    Told changes;
    TxnPart::Kind kind;
    uint32_t count;
  };
  const auto check = [&](const Expected& expected) {
    EXPECT_EQ(told(stream.batch), expected.changes);
    ASSERT_EQ(stream.batch.parts.size(), 1U);
    const TxnPart& part = stream.batch.parts[0];
    EXPECT_EQ(part.kind, expected.kind);
    EXPECT_EQ(part.xid, 77U);
    EXPECT_EQ(part.first, 0U);
    EXPECT_EQ(part.count, expected.count);
    EXPECT_EQ(part.commit, lsn_position(100));
    EXPECT_EQ(part.end, part.kind == TxnPart::Kind::commit ? lsn_position(108) : Position{});
  };
  check({{"INSERT 0 1 x", "INSERT 0 2 y"}, TxnPart::Kind::rows, 2});
  stream.hand_over();
  EXPECT_EQ(stream.decoder.batch_bytes(), 0U);
  EXPECT_TRUE(stream.batch.empty());
  stream.send({insert(a_oid, "3 z")});
  check({{"INSERT 0 3 z"}, TxnPart::Kind::rows, 1});
  stream.hand_over();
  stream.send({commit(100)});  // its changes are all handed over: the commit alone
  check({{}, TxnPart::Kind::commit, 0});
}

TEST(Pgoutput, each_transaction_of_a_batch_is_a_part) {
  Stream stream;
  stream.transaction(100, {relation(a_oid, "a", two_columns), insert(a_oid, "1 x"), insert(a_oid, "2 x")});
  stream.transaction(200, {});
  stream.transaction(300, {insert(a_oid, "3 x")});
  ASSERT_EQ(stream.batch.parts.size(), 2U);
  EXPECT_EQ(stream.batch.parts[1].first, 2U);
  EXPECT_EQ(stream.batch.parts[1].count, 1U);
  EXPECT_EQ(stream.batch.parts[1].commit, lsn_position(300));
  EXPECT_EQ(stream.batch.parts[1].kind, TxnPart::Kind::commit);
}

// --- damaged streams -------------------------------------------------------------------------------------------

TEST(Pgoutput, a_message_cut_anywhere_is_an_error) {
  const std::string known = relation(a_oid, "a", two_columns), stranger = relation(7777, "stranger", two_columns);
  std::vector<std::string> messages = {
      relation(a_oid, "a", two_columns),
      insert(a_oid, "1 x"),
      insert(7777, "1 x"),
      update(a_oid, "1 ~"),
      update(7777, "1 ~"),
      update(a_oid, 'K', "1 NULL", "2 x"),
      update(7777, 'O', "1 x", "2 x"),
      update(a_oid, 'O', "1 x", "2 NULL"),
      erase(a_oid, 'K', "1 NULL"),
      erase(7777, 'O', "1 x"),
      truncate({a_oid, 7777}),
      commit(100),
  };
  for (const std::string& message : messages)
    for (size_t length = 0; length < message.size(); ++length) {
      Stream stream;
      stream.send({begin(100), known, stranger});
      const std::string exact = message.substr(0, length);  // of its own, so that a sanitizer sees a read beyond it
      const Result<void> done = stream.decoder.decode(exact, stream.batch);
      ASSERT_FALSE(done) << message[0] << ", " << length << " of " << message.size() << " bytes";
      ASSERT_EQ(done.error().kind, ErrorKind::fatal);
    }
  const std::string first = begin(100);
  for (size_t length = 0; length < first.size(); ++length) {
    Stream stream;
    ASSERT_FALSE(stream.decoder.decode(first.substr(0, length), stream.batch)) << length;
  }
}

TEST(Pgoutput, messages_out_of_place_are_errors) {
  const std::string known = relation(a_oid, "a", two_columns);
  struct Case {
    std::vector<std::string> before;
    std::string message;
    std::string_view detail;
  };
  const Case cases[] = {
      {{}, "", "an empty message"},
      {{}, "Z", "message type 0x5a"},
      {{begin(100)}, begin(200), "a Begin inside a transaction"},
      {{}, commit(100), "a Commit without its Begin"},
      {{begin(100)}, commit(200), "a Commit without its Begin"},
      {{begin(100), commit(100)}, commit(100), "a Commit without its Begin"},
      {{known}, insert(a_oid, "1 x"), "a change outside a transaction"},
      {{known}, update(a_oid, "1 x"), "a change outside a transaction"},
      {{known}, erase(a_oid, 'K', "1 x"), "a change outside a transaction"},
      {{known}, truncate({a_oid}), "a change outside a transaction"},
      {{begin(100)}, insert(a_oid, "1 x"), "a change of unknown relation 16546"},
      {{begin(100)}, truncate({a_oid}), "a change of unknown relation 16546"},
      {{begin(100), known}, insert(a_oid, "1"), "a row with another number of columns"},
      {{begin(100), known}, insert(a_oid, "1 x y"), "a row with another number of columns"},
      {{begin(100), known}, Message('I').number(a_oid).mark('K').row("1 x").text(), "an Insert without its row"},
      {{begin(100), known}, Message('D').number(a_oid).mark('N').row("1 x").text(), "a Delete without its row"},
      {{begin(100), known}, Message('U').number(a_oid).mark('X').row("1 x").text(), "an Update without its new row"},
      {{begin(100), known}, hex("49 000040a2 4e 0002 62 00000001 31 6e"), "a value of unknown form"},
      {{begin(100), known}, hex("49 000040a2 4e 0002 7a 00000001 31 6e"), "a value of unknown form"},
  };
  for (const Case& c : cases) {
    Stream stream;
    stream.send(c.before);
    const Result<void> done = stream.decoder.decode(c.message, stream.batch);
    ASSERT_FALSE(done) << c.detail;
    EXPECT_EQ(done.error().kind, ErrorKind::fatal);
    EXPECT_NE(done.error().message.find(c.detail), std::string::npos) << done.error().message;
  }
}

// Whatever the bytes say, rows that are answered exist.
TEST(Pgoutput, spoiled_messages_give_an_error_or_a_batch_that_holds_together) {
  std::mt19937 random(13);
  for (int round = 0; round < 3000; ++round) {
    Stream stream;
    for (std::string message : recorded()) {
      if (random() % 3 == 0) message[random() % message.size()] = static_cast<char>(random() % 256);
      if (!stream.decoder.decode(message, stream.batch)) break;
    }
    for (const Change& change : stream.batch.changes) {
      ASSERT_LT(change.table, stream.batch.images.size());
      if (change.op == Op::truncate) continue;
      for (const uint32_t row : {change.before_row, change.after_row})
        ASSERT_TRUE(row == Change::no_row || row < stream.batch.images[change.table].rows);
    }
    told(stream.batch);
  }
}

}  // namespace
}  // namespace godwit::postgres
