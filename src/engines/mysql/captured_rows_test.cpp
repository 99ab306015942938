// Rows of every type at its extremes as real servers logged them, against what the same servers answer to a SELECT.

#include "engines/mysql/captured_events.h"

namespace godwit::mysql {
namespace {

constexpr std::string_view mariadb_1011 =
#include "engines/mysql/testdata/mariadb-10.11.hex"
    ;
constexpr std::string_view mysql_80 =
#include "engines/mysql/testdata/mysql-8.0.hex"
    ;
constexpr std::string_view mysql_57 =
#include "engines/mysql/testdata/mysql-5.7.hex"
    ;

std::string_view recording_of(std::string_view server) {
  return server == "mysql-8.0" ? mysql_80 : server == "mysql-5.7" ? mysql_57 : mariadb_1011;
}

// The server's answer in the text of its form (type_class.h).
std::string canonical(const ColumnFacts& column, std::string text) {
  if (column.data_type == "timestamp") text += "+00";
  const bool is_truth_value = column.data_type == "bit" && text.size() == 1;
  return is_truth_value ? (text == "1" ? "t" : "f") : text;
}

class CapturedRows : public testing::TestWithParam<const char*> {};

TEST_P(CapturedRows, every_type_at_its_extremes_reads_as_the_server_answers) {
  const Recording recording = read_recording(recording_of(GetParam()));
  Reader reader(recording);
  for (const std::string& event : recording.events) ASSERT_NO_FATAL_FAILURE(reader.read(event));
  ASSERT_EQ(reader.changes.size(), recording.rows.size() + 2);
  for (size_t r = 0; r < recording.rows.size(); ++r) {
    const Change& change = reader.changes[r];
    ASSERT_EQ(change.op, Op::insert);
    ASSERT_EQ(recording.rows[r].size(), reader.facts.size());
    for (size_t c = 0; c < reader.facts.size(); ++c) {
      const Cell& cell = reader.image.cell(change.after_row, c);
      const std::string& expected = recording.rows[r][c];
      if (expected == "NULL" || cell.length == Cell::null) {
        EXPECT_TRUE(expected == "NULL" && cell.length == Cell::null) << reader.facts[c].name << " row " << r;
        continue;
      }
      EXPECT_EQ(reader.image.bytes(cell), canonical(reader.facts[c], expected == "-" ? "" : unhex(expected)))
          << reader.facts[c].name << " row " << r;
    }
  }
  EXPECT_EQ(reader.changes[5].op, Op::update);
  EXPECT_EQ(reader.changes[6].op, Op::erase);
  EXPECT_EQ(reader.image.bytes(reader.image.cell(reader.changes[5].before_row, 0)), "5");
  EXPECT_EQ(reader.image.bytes(reader.image.cell(reader.changes[5].after_row, 0)), "6");
}

INSTANTIATE_TEST_SUITE_P(Servers, CapturedRows, testing::Values("mariadb-10.11", "mysql-8.0", "mysql-5.7"));

TEST(CapturedRowsCut, an_event_cut_anywhere_is_an_error) {
  const Recording recording = read_recording(mysql_80);
  Reader reader(recording);
  reader.read(recording.events[0]);
  reader.read(recording.events[1]);
  const std::string& rows = recording.events[2];
  const auto event = read_event(rows, reader.format, "");
  for (size_t length = 0; length < event->body.size(); ++length) {
    const std::string exact(event->body.substr(0, length));
    auto opened = RowsReader::open(event->header.type, exact, reader.format, reader.plan, "");
    if (!opened) continue;
    Change change;
    if (opened->done()) continue;  // no row at all
    EXPECT_FALSE(opened->next(reader.image, change)) << length;
  }
  const std::string& map = recording.events[1];
  const auto map_event = read_event(map, reader.format, "");
  size_t accepted = 0;
  for (size_t length = 0; length < map_event->body.size(); ++length) {
    const std::string exact(map_event->body.substr(0, length));
    const auto head = read_table_map_head(exact, reader.format, "");
    accepted += head && read_table_map(*head, reader.format, "") ? 1U : 0U;
  }
  EXPECT_LE(accepted, 8U);  // cut between two of the optional parts
}

TEST(CapturedRowsFlags, a_session_without_foreign_key_checks_is_told) {
  const Recording recording = read_recording(mysql_80);
  Reader reader(recording);
  reader.read(recording.events[0]);
  reader.read(recording.events[1]);
  const auto event = read_event(recording.events[2], reader.format, "");
  for (const bool off : {false, true}) {
    std::string body(event->body);
    constexpr size_t flags_at = 6;
    body[flags_at] = static_cast<char>(off ? 3 : 1);
    auto rows = RowsReader::open(event->header.type, body, reader.format, reader.plan, "");
    ASSERT_TRUE(rows);
    Change change;
    ASSERT_TRUE(rows->next(reader.image, change));
    EXPECT_EQ(change.keys_off, off);
  }
}

}  // namespace
}  // namespace godwit::mysql
