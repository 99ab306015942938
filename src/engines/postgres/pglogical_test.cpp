#include "engines/postgres/pglogical.h"

#include <gtest/gtest.h>

#include <random>

#include "engines/postgres/pgoutput_test_stream.h"

namespace godwit::postgres {
namespace {

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

constexpr uint32_t queue_oid = 0x4091;

// Values apart by blanks: NULL, ~ for an unchanged one, else text behind its length, which counts a NUL.
std::string tuple(std::string_view values) {
  Message out('T');
  const std::vector<std::string> parts = split(values, ' ');
  out.number(static_cast<uint16_t>(parts.size()));
  for (const std::string& value : parts) {
    if (value == "NULL" || value == "~")
      out.mark(value == "~" ? 'u' : 'n');
    else
      out.mark('t').number(static_cast<uint32_t>(value.size() + 1)).name(value);
  }
  return out.text();
}

std::string with(char kind, uint32_t oid, std::string_view tail) {
  return Message(kind).mark('\0').number(oid).text() + std::string(tail);
}
std::string native_begin(Lsn commit) {
  return Message('B').mark('\0').number(commit).number(int64_t{0}).number(uint32_t{9}).text();
}
std::string native_commit(Lsn commit_lsn) {
  return commit(commit_lsn);
}
std::string native_relation(uint32_t oid, std::string_view schema, std::string_view name,
                            const std::vector<std::pair<std::string, bool>>& columns) {
  Message out('R');
  out.mark('\0').number(oid);
  out.mark(static_cast<char>(schema.size() + 1)).name(schema);
  out.mark(static_cast<char>(name.size() + 1)).name(name);
  out.mark('A').number(static_cast<uint16_t>(columns.size()));
  for (const auto& [column, key] : columns)
    out.mark('C').mark(key ? '\1' : '\0').mark('N').number(static_cast<uint16_t>(column.size() + 1)).name(column);
  return out.text();
}
std::string relation_a() {
  return native_relation(a_oid, "public", "a", {{"id", true}, {"v", false}});
}

class Native {
 public:
  explicit Native(DecoderServices services = {}) : decoder(tables(), services) { decoder.start_batch(batch); }
  Result<void> try_transaction(const std::vector<std::string>& messages) {
    TRY(decoder.decode(native_begin(100), 0, batch));
    for (const std::string& message : messages) TRY(decoder.decode(message, 0, batch));
    return decoder.decode(native_commit(100), 0, batch);
  }
  Told transaction(const std::vector<std::string>& messages) {
    const Result<void> done = try_transaction(messages);
    EXPECT_TRUE(done) << done.error().message;
    return told(batch);
  }
  PglogicalDecoder decoder;
  ChangeBatch batch;
};

TEST(Pglogical, a_recorded_transaction_is_understood) {
  Native native;
  for (const std::string& message :
       {hex("42 00 00000000019b7708 000303cff23baefa 00000307"),
        hex("52 00 000040a2 07 7075626c696300 02 6100 41 0002 43 01 4e 0003 696400 43 00 4e 0002 7600"),
        hex("49 00 000040a2 4e 54 0002 74 00000003 323100 74 00000002 7800"),
        hex("43 00 00000000019b7708 00000000019b7738 000303cff23baefa")}) {
    const Result<void> done = native.decoder.decode(message, 0, native.batch);
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(told(native.batch), Told{"INSERT 0 21 x"});
  ASSERT_EQ(native.batch.parts.size(), 1U);
  EXPECT_EQ(native.batch.parts[0].commit.text, "00000000/019B7708");
  EXPECT_EQ(native.batch.parts[0].end.text, "00000000/019B7738");
  EXPECT_EQ(native.batch.parts[0].xid, 0x307U);
}

TEST(Pglogical, each_form_of_change_gives_the_images_it_carries) {
  struct Case {
    std::string message;
    std::string_view change;
  };
  const Case cases[] = {
      {with('I', a_oid, "N" + tuple("1 x")), "INSERT 0 1 x"},
      {with('I', a_oid, "N" + tuple("1 ")), "INSERT 0 1 "},
      {with('U', a_oid, "N" + tuple("1 ~")), "UPDATE 0 1 ~"},
      {with('U', a_oid, "K" + tuple("1 NULL") + "N" + tuple("2 x")), "UPDATE 0 1 ~ -> 2 x"},
      {with('D', a_oid, "K" + tuple("1 NULL")), "DELETE 0 1 ~ ->"},
  };
  for (const Case& c : cases) EXPECT_EQ(Native().transaction({relation_a(), c.message}), Told{std::string(c.change)});
}

std::string queue_relation() {
  return native_relation(queue_oid, "pglogical", "queue",
                         {{"queued_at", false},
                          {"role", false},
                          {"replication_sets", false},
                          {"message_type", false},
                          {"message", false}});
}

TEST(Pglogical, rows_of_the_queue_tell_truncations) {
  const auto queued = [](std::string_view type, std::string_view json) {
    return with('I', queue_oid, "N" + tuple(fmt::format("now me {{s,is}} {} {}", type, json)));
  };
  EXPECT_EQ(Native().transaction({queue_relation(), queued("T", R"({"schema_name":"public","table_name":"a"})"),
                                  queued("T", R"({"schema_name":"public","table_name":"other_leaf"})"),
                                  queued("T", R"({"schema_name":"public","table_name":"stranger"})"),
                                  queued("A", R"({"schema_name":"public","table_name":"a"})"),
                                  queued("Q", R"("TRUNCATE")")}),
            (Told{"TRUNCATE 0", "TRUNCATE 1 leaf 1"}));
  EXPECT_FALSE(Native().try_transaction({queue_relation(), queued("T", "{")}));
  EXPECT_FALSE(Native().try_transaction({queue_relation(), queued("T", "{}")}));
}

TEST(Pglogical, types_are_those_of_the_catalog) {
  DecoderServices services;
  services.look_up = [](uint32_t oid) -> Result<std::optional<RelationNow>> {
    if (oid != a_oid) return std::optional<RelationNow>();
    return std::optional(RelationNow{{{"id", 20, -1}, {"v", 25, -1}}});
  };
  Native native(services);
  EXPECT_EQ(native.transaction({relation_a(), with('I', a_oid, "N" + tuple("1 x"))}), Told{});
  ASSERT_EQ(native.batch.schema.size(), 1U);
  EXPECT_EQ(native.batch.schema[0].what, "column \"id\" is no longer of type integer");
  Native other(services);
  EXPECT_EQ(other.transaction({native_relation(leaf_oid, "public", "leaf", {{"id", true}, {"v", false}}),
                               with('I', leaf_oid, "N" + tuple("1 x"))}),
            Told{"INSERT 1 1 x"});
}

TEST(Pglogical, a_database_of_another_encoding_is_refused) {
  Native native;
  const auto startup = [](std::string_view encoding) {
    return Message('S').mark('\1').name("coltypes").name("f").name("database_encoding").name(encoding).text();
  };
  EXPECT_TRUE(native.decoder.decode(startup("UTF8"), 0, native.batch));
  const Result<void> refused = native.decoder.decode(startup("LATIN1"), 0, native.batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "postgres.database_encoding");
}

TEST(Pglogical, damaged_messages_are_errors) {
  const std::string insert = with('I', a_oid, "N" + tuple("1 x"));
  EXPECT_FALSE(Native().try_transaction({insert}));
  EXPECT_FALSE(Native().try_transaction({native_begin(100)}));
  EXPECT_FALSE(Native().try_transaction({"", relation_a()}));
  EXPECT_FALSE(Native().try_transaction({relation_a(), with('I', a_oid, "N" + tuple("1"))}));
  EXPECT_FALSE(Native().try_transaction({relation_a(), with('I', a_oid, "K" + tuple("1 x"))}));
  for (const std::string& whole : {relation_a(), insert, native_commit(100)})
    for (size_t length = 1; length < whole.size(); ++length)
      EXPECT_FALSE(Native().try_transaction({relation_a(), whole.substr(0, length)})) << length;
}

TEST(Pglogical, any_bytes_give_changes_or_an_error) {
  std::mt19937 random(11);
  const std::string good[] = {relation_a(), with('U', a_oid, "K" + tuple("1 NULL") + "N" + tuple("2 x")),
                              queue_relation()};
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> messages(std::begin(good), std::end(good));
    for (std::string& message : messages)
      if (random() % 2 == 0) message[random() % message.size()] = static_cast<char>(random());
    Native native;
    [[maybe_unused]] const auto done = native.try_transaction(messages);
  }
}

}  // namespace
}  // namespace godwit::postgres
