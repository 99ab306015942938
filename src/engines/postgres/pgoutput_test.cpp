#include "engines/postgres/pgoutput.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "engines/postgres/pgoutput_test_stream.h"

namespace godwit::postgres {
namespace {

// --- what the server sends -------------------------------------------------------------------------------------

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
      const Result<void> done = stream.decoder.decode(exact, 0, stream.batch);
      ASSERT_FALSE(done) << message[0] << ", " << length << " of " << message.size() << " bytes";
      ASSERT_EQ(done.error().kind, ErrorKind::fatal);
    }
  const std::string first = begin(100);
  for (size_t length = 0; length < first.size(); ++length) {
    Stream stream;
    ASSERT_FALSE(stream.decoder.decode(first.substr(0, length), 0, stream.batch)) << length;
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
      {{begin(100), known}, hex("49 000040a2 4e 0002 62 00000001 31 6e"), "a binary value"},
      {{begin(100), known}, hex("49 000040a2 4e 0002 7a 00000001 31 6e"), "a value of unknown form"},
  };
  for (const Case& c : cases) {
    Stream stream;
    stream.send(c.before);
    const Result<void> done = stream.decoder.decode(c.message, 0, stream.batch);
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
      if (!stream.decoder.decode(message, 0, stream.batch)) break;
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

TEST(Pgoutput, rows_named_by_other_columns_than_planned_suspend_the_table) {
  const std::vector<SentColumn> by_v = {{"id", 23}, {"v", 25, true}};
  std::vector<CapturedTable> keyed = {tables()[0]}, keyless = {tables()[0]};
  const auto full = table("a", a_oid), whole = table("a", a_oid);
  full->identity = RowIdentity::key;
  keyed[0].full = keyed[0].layout = full;
  whole->identity = RowIdentity::full;
  whole->key.reset();
  keyless[0].full = keyless[0].layout = whole;
  struct Case {
    std::vector<CapturedTable> captured;
    std::string relation;
    bool fits;
  };
  const Case cases[] = {{keyed, relation(a_oid, "a", two_columns), true},
                        {keyed, relation(a_oid, "a", by_v), false},
                        {keyed, relation(a_oid, "a", {{"id", 23, true}, {"v", 25, true}}, 'f'), true},
                        {keyless, relation(a_oid, "a", {{"id", 23, true}, {"v", 25, true}}, 'f'), true},
                        {keyless, relation(a_oid, "a", two_columns), false}};
  for (const Case& c : cases) {
    Stream stream(c.captured);
    stream.transaction(100, {c.relation, insert(a_oid, "1 x")});
    EXPECT_EQ(stream.batch.schema.empty(), c.fits);
    EXPECT_EQ(stream.batch.changes.size(), c.fits ? 1U : 0U);
  }
}

}  // namespace
}  // namespace godwit::postgres
