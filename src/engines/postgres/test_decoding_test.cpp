#include "engines/postgres/test_decoding.h"

#include <gtest/gtest.h>

#include <random>

#include "engines/postgres/pgoutput_test_stream.h"

namespace godwit::postgres {
namespace {

DecoderServices services() {
  DecoderServices out;
  out.type_names = {{16, "boolean"}, {17, "bytea"}, {23, "integer"}, {25, "text"}, {1043, "character varying"}};
  return out;
}

// The tables of the other tests, their rows named by their keys.
std::vector<CapturedTable> keyed() {
  std::vector<CapturedTable> out = tables();
  for (CapturedTable& captured : out) {
    auto full = std::make_shared<TableDef>(*captured.full);
    full->identity = RowIdentity::key;
    captured.full = full;
  }
  return out;
}

// A decoder, and a server that sends lines at rising positions.
class Lines {
 public:
  explicit Lines(std::vector<CapturedTable> captured = keyed(),
                 size_t held_bytes_max = TestDecodingDecoder::held_bytes_default, DecoderServices beside = services())
      : decoder(captured, beside, {}, held_bytes_max) {
    decoder.start_batch(batch);
  }
  Result<void> try_send(std::string_view line, Lsn at) {
    TRY(decoder.decode(line, at, batch));
    while (decoder.has_more()) TRY(decoder.tell_more(batch));
    return {};
  }
  void send(std::string_view line, Lsn at = 1) {
    const Result<void> done = try_send(line, at);
    ASSERT_TRUE(done) << line << ": " << done.error().message;
  }
  // One transaction, whose commit record ends at `end`.
  void transaction(Lsn end, const std::vector<std::string>& lines) {
    send("BEGIN 9");
    for (const std::string& line : lines) send("table " + line);
    send("COMMIT 9 (at 2024-05-01 10:11:12.345678+00)", end);
  }

  TestDecodingDecoder decoder;
  ChangeBatch batch;
};

Told told_of(const std::string& line, const std::vector<CapturedTable>& captured = keyed()) {
  Lines lines(captured);
  lines.transaction(100, {line});
  Told out = told(lines.batch);
  for (const SchemaEvent& event : lines.batch.schema) out.push_back("! " + event.what);
  return out;
}

TEST(TestDecoding, each_form_of_change_gives_the_images_it_carries) {
  struct Case {
    std::string line;
    Told wanted;
  };
  const Case cases[] = {
      {"public.a: INSERT: id[integer]:1 v[text]:'x'", {"INSERT 0 1 x"}},
      {"public.a: INSERT: id[integer]:1 v[text]:null", {"INSERT 0 1 NULL"}},
      {"public.a: INSERT: id[integer]:1 v[text]:''", {"INSERT 0 1 "}},
      {"public.a: INSERT: id[integer]:-1 v[text]:'null'", {"INSERT 0 -1 null"}},
      {"public.a: INSERT: id[integer]:1 v[text]:'unchanged-toast-datum'", {"INSERT 0 1 unchanged-toast-datum"}},
      {"public.a: INSERT: id[integer]:1 v[text]:'it''s'", {"INSERT 0 1 it's"}},
      {"public.a: INSERT: id[integer]:1 v[text]:''''''", {"INSERT 0 1 ''"}},
      {"public.a: INSERT: id[integer]:1 v[text]:'a\\b\n new-tuple: c'", {"INSERT 0 1 a\\b\n new-tuple: c"}},
      {"public.a: INSERT: id[integer]:1 v[text]:'v[text]:''x'''", {"INSERT 0 1 v[text]:'x'"}},
      {"public.a: UPDATE: id[integer]:2 v[text]:'y'", {"UPDATE 0 2 y"}},
      {"public.a: UPDATE: id[integer]:2 v[text]:unchanged-toast-datum", {"UPDATE 0 2 ~"}},
      {"public.a: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 v[text]:'x'", {"UPDATE 0 1 ~ -> 2 x"}},
      {"public.a: UPDATE: old-key: id[integer]:1 v[text]:'more' new-tuple: id[integer]:2 v[text]:'x'",
       {"UPDATE 0 1 ~ -> 2 x"}},
      {"public.a: DELETE: id[integer]:2", {"DELETE 0 2 ~ ->"}},
      {"public.a: TRUNCATE: (no-flags)", {"TRUNCATE 0"}},
      {"public.a: TRUNCATE: restart_seqs cascade", {"TRUNCATE 0"}},
      {"public.other, public.a, public.leaf: TRUNCATE: cascade", {"TRUNCATE 0", "TRUNCATE 1 leaf 0"}},
      {"public.leaf: INSERT: id[integer]:1 v[text]:'x'", {"INSERT 1 1 x"}},
      {"public.leaf: INSERT: v[text]:'x' id[integer]:1", {"INSERT 1 1 x"}},
      {"public.wide: INSERT: id[integer]:1 skipped[text]:'s' v[text]:'x' computed[integer]:5", {"INSERT 2 x 1"}},
      {"public.wide: DELETE: id[integer]:1", {"DELETE 2 ~ 1 ->"}},
      {"public.other: INSERT: anything at all", {}},
      {"\"Pub\"\"lic\".\"a: INSERT: b\": INSERT: id[integer]:1", {}},
  };
  for (const Case& c : cases) EXPECT_EQ(told_of(c.line), c.wanted) << c.line;
}

TEST(TestDecoding, a_transaction_is_told_whole_with_the_position_and_time_of_its_commit) {
  Lines lines;
  lines.send("BEGIN 691", 50);
  EXPECT_TRUE(lines.decoder.in_transaction());
  lines.send("table public.a: INSERT: id[integer]:1 v[text]:'x'", 60);
  EXPECT_TRUE(lines.batch.empty());
  lines.send("message: transactional: 1 prefix: p, sz: 3 content:abc", 61);
  lines.send("table public.a: DELETE: id[integer]:1", 62);
  lines.send("COMMIT 691 (at 2024-05-01 10:11:12.345678+00)", 0x100);
  ASSERT_EQ(lines.batch.parts.size(), 1U);
  const TxnPart& part = lines.batch.parts[0];
  EXPECT_EQ(part.xid, 691U);
  EXPECT_EQ(part.count, 2U);
  EXPECT_EQ(part.commit.text, "00000000/000000FF");
  EXPECT_EQ(part.end.text, "00000000/00000100");
  EXPECT_EQ(part.commit_us, 1714558272345678);
  EXPECT_EQ(lines.batch.read_to, part.end);
  EXPECT_FALSE(lines.decoder.in_transaction());
}

TEST(TestDecoding, transactions_without_a_wanted_change_move_the_position_alone) {
  Lines lines;
  lines.transaction(0x100, {});
  lines.transaction(0x200, {"public.other: INSERT: id[integer]:1"});
  EXPECT_TRUE(lines.batch.parts.empty());
  EXPECT_EQ(lines.batch.read_to.text, "00000000/00000200");
}

TEST(TestDecoding, values_of_every_form_are_read) {
  const auto t = std::make_shared<TableDef>();
  t->ref = {"public", "t"};
  const auto add = [&](std::string name, uint32_t oid) {
    ColumnDef out;
    out.name = std::move(name);
    out.type.log_id = oid;
    if (oid == 17) out.type.type_class = TypeClass::blob;
    t->columns.push_back(out);
  };
  add("b", 16);
  add("Mixed", 1043);
  add("select", 25);
  add("by", 17);
  add("bits", 1);
  add("f", 2);
  add("od\"d ]: [", 3);
  add("arr", 4);
  t->identity = RowIdentity::full;
  DecoderServices beside = services();
  beside.type_names[1] = "bit varying";
  beside.type_names[2] = "double precision";
  beside.type_names[3] = "public.\"My ]: Type\"[]";
  beside.type_names[4] = "text[]";
  Lines lines({{t, t, {}}}, 1U << 20U, beside);
  const std::string row =
      " b[boolean]:true \"Mixed\"[character varying]:'a b' \"select\"[text]:'x' by[bytea]:'\\x00ff' "
      "bits[bit varying]:B'' f[double precision]:-Infinity \"od\"\"d ]: [\"[public.\"My ]: Type\"[]]:'{}' "
      "arr[text[]]:'{\"a,b\"}'";
  // The old row comes first: its quoted names are met before any whole row.
  lines.transaction(100, {"public.t: DELETE:" + row, "public.t: INSERT:" + row,
                          "public.t: UPDATE: old-key: b[boolean]:false new-tuple:" + row,
                          "public.t: DELETE: \"select\"[text]:'y' arr[text[]]:'{}'"});
  const std::string image = std::string("t a b x ") + std::string("\0\xff", 2) + "  -Infinity {} {\"a,b\"}";
  EXPECT_EQ(told(lines.batch), (Told{"DELETE 0 " + image + " ->", "INSERT 0 " + image,
                                     "UPDATE 0 f NULL NULL NULL NULL NULL NULL NULL -> " + image,
                                     "DELETE 0 NULL NULL y NULL NULL NULL NULL {} ->"}));
  EXPECT_TRUE(lines.batch.schema.empty());
}

TEST(TestDecoding, what_no_longer_fits_the_plan_suspends_the_table) {
  const auto full = table("f", 700);
  full->identity = RowIdentity::full;
  full->columns[0].not_null = true;
  const auto keyed = table("k", 701);
  keyed->identity = RowIdentity::key;
  const std::vector<CapturedTable> captured = {{full, full, {}}, {keyed, keyed, {}}};
  struct Case {
    std::string line;
    std::string_view why;
  };
  const Case cases[] = {
      {"public.k: INSERT: id[integer]:1 v[text]:'x' w[text]:'y'", "column \"w\" is new"},
      {"public.k: INSERT: id[integer]:1", "column \"v\" is gone"},
      {"public.k: INSERT: id[bigint]:1 v[text]:'x'", "column \"id\" is no longer of type integer"},
      {"public.k: DELETE: id[bigint]:1", "column \"id\" is no longer of type integer"},
      {"public.k: DELETE: other[integer]:1", "column \"other\" is new"},
      {"public.k: DELETE: v[text]:'x'", "its replica identity changed: column \"id\" is no longer part of it"},
      {"public.k: DELETE: (no-tuple-data)", "its replica identity changed: deletes no longer name their rows"},
      {"public.k: UPDATE: old-key: v[text]:'x' new-tuple: id[integer]:1 v[text]:'y'",
       "its replica identity changed: column \"id\" is no longer part of it"},
      {"public.f: UPDATE: id[integer]:1 v[text]:'x'", "its replica identity is no longer FULL"},
      {"public.f: DELETE: v[text]:'x'", "its replica identity is no longer FULL"},
  };
  for (const Case& c : cases) {
    Lines lines(captured);
    lines.transaction(100, {c.line, "public.k: INSERT: id[integer]:1 v[text]:'x'"});
    ASSERT_EQ(lines.batch.schema.size(), 1U) << c.line;
    EXPECT_EQ(lines.batch.schema[0].what, c.why) << c.line;
    EXPECT_EQ(lines.batch.changes.size(), c.line.starts_with("public.k") ? 0U : 1U) << c.line;
  }
}

TEST(TestDecoding, of_a_table_without_identity_updates_and_deletes_are_passed_over) {
  const auto keyless = table("n", 700);
  keyless->key.reset();
  EXPECT_EQ(told_of("public.n: DELETE: (no-tuple-data)", {{keyless, keyless, {}}}), Told{});
  EXPECT_EQ(told_of("public.n: UPDATE: id[integer]:1 v[text]:'x'", {{keyless, keyless, {}}}), Told{});
}

TEST(TestDecoding, a_relation_of_another_name_is_looked_up_once_until_strangers_are_forgotten) {
  int asked = 0;
  DecoderServices beside = services();
  beside.find_relation = [&](const TableRef& name) -> Result<uint32_t> {
    ++asked;
    EXPECT_EQ(to_string(name), "public.New Name");
    return a_oid;
  };
  Lines lines(keyed(), 1U << 20U, beside);
  lines.transaction(100,
                    {"public.\"New Name\": INSERT: id[integer]:1", "public.\"New Name\": INSERT: id[integer]:2"});
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(lines.decoder.take_strangers(), std::vector<uint32_t>{a_oid});
  // It may have become a partition of a captured table since.
  lines.decoder.forget_strangers();
  lines.transaction(200, {"public.\"New Name\": INSERT: id[integer]:3"});
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(lines.decoder.take_strangers(), std::vector<uint32_t>{a_oid});
}

TEST(TestDecoding, a_transaction_too_large_to_hold_is_told_when_the_stream_is_opened_again) {
  const std::vector<std::string> sent = {"BEGIN 9", "table public.a: INSERT: id[integer]:1 v[text]:'x'",
                                         "table public.a: INSERT: id[integer]:2 v[text]:'y'"};
  const std::string_view last = "COMMIT 9 (at 2024-05-01 10:11:12+00)";
  Lines lines(keyed(), 64);
  lines.transaction(0x80, {});
  for (const std::string& line : sent) lines.send(line);
  lines.send(last, 0x100);
  EXPECT_TRUE(lines.batch.empty());
  ASSERT_TRUE(lines.decoder.wants_restart());
  EXPECT_EQ(lines.decoder.last_end(), 0x80U);
  lines.decoder.stream_restarts();
  EXPECT_FALSE(lines.decoder.wants_restart());
  for (const std::string& line : sent) lines.send(line);
  EXPECT_EQ(told(lines.batch), (Told{"INSERT 0 1 x", "INSERT 0 2 y"}));
  ASSERT_EQ(lines.batch.parts.size(), 1U);
  EXPECT_EQ(lines.batch.parts[0].commit.text, "00000000/000000FF");
  lines.send(last, 0x100);
  EXPECT_EQ(lines.batch.parts[0].kind, TxnPart::Kind::commit);
  EXPECT_FALSE(lines.decoder.wants_restart());
  EXPECT_EQ(lines.decoder.last_end(), 0x100U);
}

TEST(TestDecoding, changes_that_are_done_already_are_passed_over_by_the_same_count_in_both_readings) {
  for (const size_t limit : {size_t{64}, size_t{1} << 20U}) {
    Lines lines(keyed(), limit);
    lines.decoder.pass_over(3);
    const auto send = [&] {
      lines.send("BEGIN 9");
      lines.send("table public.a: INSERT: id[integer]:1 v[text]:'x'");
      lines.send("table public.other: INSERT: id[integer]:1");
      lines.send("table public.other, public.a: TRUNCATE: (no-flags)");
      lines.send("table public.a: INSERT: id[integer]:2 v[text]:'y'");
      lines.send("COMMIT 9 (at 2024-05-01 10:11:12+00)", 0x100);
    };
    send();
    if (lines.decoder.wants_restart()) {
      lines.decoder.stream_restarts();
      send();
    }
    EXPECT_EQ(told(lines.batch), Told{"INSERT 0 2 y"}) << limit;
  }
}

TEST(TestDecoding, held_lines_are_told_one_at_a_time) {
  Lines lines;
  ASSERT_TRUE(lines.decoder.decode("BEGIN 9", 1, lines.batch));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(lines.decoder.decode("table public.a: DELETE: id[integer]:1", 1, lines.batch));
  ASSERT_TRUE(lines.decoder.decode("COMMIT 9 (at 2024-05-01 10:11:12+00)", 0x100, lines.batch));
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(lines.decoder.has_more());
    EXPECT_TRUE(lines.decoder.in_transaction());
    ASSERT_TRUE(lines.decoder.tell_more(lines.batch));
    EXPECT_EQ(lines.batch.changes.size(), 1U);
    lines.decoder.batch_taken();
    lines.decoder.start_batch(lines.batch);
  }
  EXPECT_FALSE(lines.decoder.has_more());
  EXPECT_EQ(lines.decoder.last_end(), 0x100U);
}

TEST(TestDecoding, damaged_lines_are_errors) {
  const std::string ok = "table public.a: INSERT: id[integer]:1 v[text]:'x'";
  const std::vector<std::string> cases[] = {
      {"BEGIN"},
      {"BEGIN x"},
      {"BEGIN 9", "BEGIN 10"},
      {ok},
      {"COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "COMMIT 10 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "COMMIT 9"},
      {"BEGIN 9", "COMMIT 9 (at 2024-05-01 10:11:12+01)"},
      {"BEGIN 9", "PREPARE TRANSACTION 'gid', txid 9 (at 2024-05-01 10:11:12+00)"},
      {"opening a streamed block for transaction TXN 508"},
      {""},
      {"BEGIN 9", "table public", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: MERGE: id[integer]:1", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: INSERT: id", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: INSERT: id[integer]:1 v[text]:'x", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: INSERT: id[integer]: v[text]:'x'", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: INSERT: (no-tuple-data)", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a: UPDATE: old-key: id[integer]:1", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
      {"BEGIN 9", "table public.a, : TRUNCATE: (no-flags)", "COMMIT 9 (at 2024-05-01 10:11:12+00)"},
  };
  for (const std::vector<std::string>& lines : cases) {
    Lines stream;
    Result<void> done;
    for (const std::string& line : lines) {
      done = stream.try_send(line, 100);
      if (!done) break;
    }
    EXPECT_FALSE(done) << lines.back();
    if (done) continue;
    EXPECT_EQ(done.error().code, "postgres.stream");
  }
}

TEST(TestDecoding, any_bytes_give_changes_or_an_error) {
  const std::string good[] = {"BEGIN 9", "table public.a: INSERT: id[integer]:1 v[text]:'it''s'",
                              "table public.a: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 v[text]:null",
                              "table public.a, public.leaf: TRUNCATE: cascade",
                              "COMMIT 9 (at 2024-05-01 10:11:12+00)"};
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    Lines lines;
    for (std::string line : good) {
      if (random() % 3 == 0) line.resize(random() % (line.size() + 1));
      if (!line.empty() && random() % 2 == 0) line[random() % line.size()] = "'\"[]: ,."[random() % 8];
      if (!lines.try_send(line, 100)) break;
    }
  }
}

}  // namespace
}  // namespace godwit::postgres
