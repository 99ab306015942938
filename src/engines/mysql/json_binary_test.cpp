// JSON documents beside those of captured_rows_test.cpp: partial updates as a server logged them, and damaged bytes.

#include "engines/mysql/json_binary.h"

#include <random>

#include "engines/mysql/captured_events.h"

namespace godwit::mysql {
namespace {

constexpr std::string_view partial_json =
#include "engines/mysql/testdata/partial-json.hex"
    ;

TEST(JsonBinary, partial_updates_give_the_document_that_the_server_has) {
  const Recording recording = read_recording(partial_json);
  Reader reader(recording);
  for (const std::string& event : recording.events) ASSERT_NO_FATAL_FAILURE(reader.read(event));
  std::vector<Change> updates;
  for (const Change& change : reader.changes)
    if (change.op == Op::update) updates.push_back(change);
  ASSERT_EQ(updates.size(), recording.rows.size());
  for (size_t r = 0; r < updates.size(); ++r)
    for (size_t c = 1; c <= 2; ++c) {
      const Cell& cell = reader.image.cell(updates[r].after_row, c);
      const std::string& expected = recording.rows[r][c];
      EXPECT_EQ(cell.length == Cell::null ? "NULL" : reader.image.bytes(cell),
                expected == "NULL" ? "NULL" : unhex(expected))
          << r;
    }
}

// The first row of a partial update as binlog_row_image=MINIMAL has it: of the old row the key alone.
std::string without_old_documents(std::string_view body) {
  constexpr size_t head_bytes = 11, id_bytes = 4;  // table id, flags, extra and the number of columns
  LogReader old(body.substr(head_bytes + 3 + id_bytes));
  for (int documents = 0; documents < 2; ++documents) {
    uint32_t size = 0;
    EXPECT_TRUE(old.u32(size) && old.skip(size));
  }
  EXPECT_TRUE(old.skip(id_bytes));
  std::string out(body.substr(0, head_bytes));
  out += '\1';
  out += body[head_bytes + 1];
  out += '\0';
  out += body.substr(head_bytes + 3, id_bytes);
  out += old.rest();
  return out;
}

TEST(JsonBinary, a_partial_update_without_the_old_document_says_what_is_lacking) {
  const Recording recording = read_recording(partial_json);
  Reader reader(recording);
  for (const std::string& whole : recording.events) {
    const auto event = read_event(whole, reader.format, "");
    if (!event || event->header.type != EventType::partial_update_rows) {
      ASSERT_NO_FATAL_FAILURE(reader.read(whole));
      continue;
    }
    const std::string body = without_old_documents(event->body);
    auto rows = RowsReader::open(event->header.type, body, reader.format, reader.plan, "");
    ASSERT_TRUE(rows);
    Change change;
    EXPECT_FALSE(rows->next(reader.image, change));
    EXPECT_NE(rows->unreadable().find("JSON column j names no old document"), std::string::npos);
    return;
  }
  FAIL() << "the recording has no partial update";
}

TEST(JsonBinary, spoiled_documents_and_differences_are_errors_or_text) {
  const Recording recording = read_recording(partial_json);
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    Reader reader(recording);
    reader.read(recording.events[0]);
    for (size_t e = 1; e < recording.events.size(); ++e) {
      const std::string& whole = recording.events[e];
      const auto event = read_event(whole, reader.format, "");
      ASSERT_TRUE(event);
      if (event->header.type == EventType::table_map) {
        ASSERT_NO_FATAL_FAILURE(reader.read(whole));
        continue;
      }
      std::string body(event->body);
      for (int i = 0; i < 3; ++i) body[random() % body.size()] = static_cast<char>(random());
      auto rows = RowsReader::open(event->header.type, body, reader.format, reader.plan, "");
      Change change;
      while (rows && !rows->done())
        if (!rows->next(reader.image, change)) break;
    }
  }
}

TEST(JsonBinary, documents_that_hold_themselves_or_go_too_deep_are_refused) {
  ByteBuffer out;
  // An array whose one member lies at its own start.
  EXPECT_FALSE(append_json(out, unhex("0201000700020000"), JsonReals::plain));
  std::string deep = unhex("0400");
  for (int i = 0; i < 300; ++i) {
    const auto size = static_cast<uint16_t>(7 + deep.size() - 1);
    std::string next = unhex("020100");
    next += static_cast<char>(size & 0xff);
    next += static_cast<char>(size >> 8);
    next += deep[0];
    next += unhex("0700");
    if (i == 0)
      next = unhex("0201000700") + unhex("040000");
    else
      next += deep.substr(1);
    deep = next;
  }
  EXPECT_FALSE(append_json(out, deep, JsonReals::plain));
  EXPECT_FALSE(append_json(out, unhex("00ffffffff"), JsonReals::plain));
  EXPECT_FALSE(append_json(out, unhex("0c05"), JsonReals::plain));
  EXPECT_FALSE(append_json(out, unhex("0403"), JsonReals::plain));
  EXPECT_FALSE(append_json(out, unhex("0e"), JsonReals::plain));
}

}  // namespace
}  // namespace godwit::mysql
