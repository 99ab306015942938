// The stream opened again behind the last whole transaction, in text or in binary.

#include <gtest/gtest.h>

#include "engines/postgres/pgoutput.h"
#include "engines/postgres/pgoutput_test_stream.h"

namespace godwit::postgres {
namespace {

// a, whose v is bytea.
std::vector<CapturedTable> with_bytes() {
  const auto a = table("a", a_oid);
  a->columns[1].type.type_class = TypeClass::blob;
  a->columns[1].type.log_id = 17;
  return {{a, a, {}}};
}

const std::vector<SentColumn> id_and_bytes = {{"id", 23, true}, {"v", 17}};

TEST(PgoutputRestart, what_was_decoded_of_the_cut_transaction_is_passed_over) {
  for (const size_t handed_over_after : {size_t{0}, size_t{1}, size_t{2}}) {
    Stream stream;
    stream.transaction(50, {relation(a_oid, "a", two_columns), insert(a_oid, "0 w")});
    EXPECT_EQ(stream.decoder.last_end(), 58U);
    stream.hand_over();
    const std::vector<std::string> seen = {relation(a_oid, "a", two_columns), insert(a_oid, "1 x"),
                                           insert(a_oid, "2 y")};
    stream.send({begin(100), seen[0], seen[1]});
    if (handed_over_after == 1) stream.hand_over();
    stream.send({seen[2]});
    if (handed_over_after == 2) stream.hand_over();
    stream.decoder.stream_restarts();
    EXPECT_FALSE(stream.decoder.in_transaction());
    stream.send({begin(100), seen[0], seen[1], seen[2], insert(a_oid, "3 z"), commit(100)});
    const Told all = {"INSERT 0 1 x", "INSERT 0 2 y", "INSERT 0 3 z"};
    EXPECT_EQ(told(stream.batch), Told(all.begin() + static_cast<std::ptrdiff_t>(handed_over_after), all.end()));
    ASSERT_EQ(stream.batch.parts.size(), 1U);
    EXPECT_EQ(stream.batch.parts[0].count, 3 - handed_over_after);
    EXPECT_EQ(stream.batch.parts[0].kind, TxnPart::Kind::commit);
    stream.hand_over();
    stream.transaction(200, {insert(a_oid, "4 v")});
    EXPECT_EQ(told(stream.batch), (Told{"INSERT 0 4 v"}));
  }
}

TEST(PgoutputRestart, it_may_happen_twice_in_one_transaction_and_between_two) {
  Stream stream;
  const std::string shape = relation(a_oid, "a", two_columns);
  stream.decoder.stream_restarts();
  stream.send({begin(100), shape, insert(a_oid, "1 x")});
  stream.decoder.stream_restarts();
  stream.decoder.stream_restarts();
  stream.send({begin(100), shape, insert(a_oid, "1 x"), insert(a_oid, "2 y")});
  stream.decoder.stream_restarts();
  stream.send({begin(100), shape, insert(a_oid, "1 x"), insert(a_oid, "2 y"), commit(100)});
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 0 1 x", "INSERT 0 2 y"}));
  stream.decoder.stream_restarts();
  stream.transaction(200, {shape, insert(a_oid, "3 z")});
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 0 1 x", "INSERT 0 2 y", "INSERT 0 3 z"}));
}

TEST(PgoutputRestart, a_table_that_was_suspended_on_the_way_does_not_upset_the_count_of_others) {
  Stream stream;
  const std::string fits = relation(a_oid, "a", two_columns), leaf = relation(leaf_oid, "leaf", two_columns);
  const std::string wider = relation(a_oid, "a", {{"id", 23, true}, {"v"}, {"new"}});
  const std::vector<std::string> seen = {
      begin(100), fits, leaf, insert(a_oid, "1 x"), insert(leaf_oid, "2 y"), wider, insert(a_oid, "3 z q")};
  stream.send(seen);
  stream.decoder.stream_restarts();
  stream.send(seen);
  stream.send({insert(leaf_oid, "4 w"), commit(100)});
  EXPECT_EQ(told(stream.batch), (Told{"INSERT 0 1 x", "INSERT 1 2 y", "INSERT 1 4 w"}));
  EXPECT_EQ(stream.batch.schema.size(), 1U);
}

TEST(PgoutputRestart, another_transaction_in_the_place_of_the_cut_one_is_an_error) {
  Stream stream;
  stream.send({begin(100), relation(a_oid, "a", two_columns), insert(a_oid, "1 x")});
  stream.decoder.stream_restarts();
  EXPECT_FALSE(stream.decoder.decode(begin(150), 0, stream.batch));
}

TEST(PgoutputBinary, bytes_are_bytes_in_either_form) {
  Stream stream(with_bytes());
  stream.transaction(100, {relation(a_oid, "a", id_and_bytes), insert(a_oid, "1 \\x0041fF"), insert(a_oid, "2 \\x"),
                           insert(a_oid, "3 b:\xff\x01")});
  EXPECT_EQ(told(stream.batch),
            (Told{std::string("INSERT 0 1 \0A\xff", 14), "INSERT 0 2 ", std::string("INSERT 0 3 \xff\x01", 13)}));
}

TEST(PgoutputBinary, bytes_in_another_notation_are_an_error) {
  Stream stream(with_bytes());
  stream.send({begin(100), relation(a_oid, "a", id_and_bytes)});
  for (const char* row : {"1 abc", "1 \\x4", "1 \\x4g"})
    EXPECT_FALSE(stream.decoder.decode(insert(a_oid, row), 0, stream.batch)) << row;
}

TEST(PgoutputBinary, plain_values_are_read_here_and_the_others_are_asked_for) {
  std::vector<uint32_t> asked;
  const auto texts = [&](std::span<const BinaryValue> values) -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    for (const BinaryValue& value : values) {
      asked.push_back(value.type);
      out.push_back("<" + std::string(value.bytes) + ">");
    }
    return out;
  };
  struct Case {
    uint32_t type;
    std::string binary, text;
  };
  const Case cases[] = {
      {16, std::string("\1", 1), "t"},
      {16, std::string("\0", 1), "f"},
      {21, "\xff\xfe", "-2"},
      {23, std::string("\0\0\1\0", 4), "256"},
      {20, std::string("\x80\0\0\0\0\0\0\0", 8), "-9223372036854775808"},
      {25, "text", "text"},
      {1043, "", ""},
      {1700, "ab", "<ab>"},  // numeric
      {23, "abc", "<abc>"},  // no integer has three bytes
  };
  for (const Case& c : cases) {
    std::vector<CapturedTable> captured = {tables()[0]};
    const auto a = table("a", a_oid);
    a->columns[1].type.log_id = c.type;
    captured[0].full = captured[0].layout = a;
    Stream stream(captured, texts);
    stream.transaction(100,
                       {relation(a_oid, "a", {{"id", 23, true}, {"v", c.type}}), insert(a_oid, "7 b:" + c.binary)});
    EXPECT_EQ(told(stream.batch), (Told{"INSERT 0 7 " + c.text}));
  }
  EXPECT_EQ(asked, (std::vector<uint32_t>{1700, 23}));
}

TEST(PgoutputBinary, without_anybody_to_ask_it_is_an_error) {
  Stream stream;
  stream.send({begin(100), relation(a_oid, "a", {{"id", 23, true}, {"v", 25}})});
  EXPECT_FALSE(stream.decoder.decode(insert(a_oid, "b:abc x"), 0, stream.batch));
}

}  // namespace
}  // namespace godwit::postgres
