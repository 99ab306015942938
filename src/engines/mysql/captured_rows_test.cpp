// Rows of every type at its extremes as real servers logged them, against what the same servers answer to a SELECT.

#include <gtest/gtest.h>

#include <sstream>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/binlog_rows.h"

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

std::string unhex(std::string_view digits) {
  ByteBuffer out;
  EXPECT_TRUE(append_unhex(out, digits));
  return std::string(out.view());
}

// Lines of testdata/*.hex: "column name|type|charset", "event <hex>", and "row" with the cells as hexadecimal digits,
// "-" for an empty one.
struct Recording {
  std::vector<ColumnFacts> facts;
  std::vector<std::string> events;
  std::vector<std::vector<std::string>> rows;
};

Recording read_recording(std::string_view name) {
  Recording out;
  std::istringstream file{std::string(name == "mysql-8.0"   ? mysql_80
                                      : name == "mysql-5.7" ? mysql_57
                                                            : mariadb_1011)};
  std::string line;
  while (std::getline(file, line)) {
    const size_t blank = line.find(' ');
    const std::string kind = line.substr(0, blank), rest = line.substr(blank + 1);
    if (kind == "event") out.events.push_back(unhex(rest));
    if (kind == "row") out.rows.push_back(split(rest, ' '));
    if (kind != "column") continue;
    const size_t end = rest.rfind('|'), begin = rest.find('|');
    out.facts.push_back(
        facts_of(rest.substr(0, begin), rest.substr(begin + 1, end - begin - 1), rest.substr(end + 1)));
  }
  return out;
}

struct Reader {
  explicit Reader(const Recording& recording) : facts(recording.facts) {
    auto def = std::make_shared<TableDef>();
    for (const ColumnFacts& column : facts) def->columns.push_back({column.name, {}});
    image.layout = def;
  }

  void read(const std::string& bytes) {
    const auto event = read_event(bytes, format, "");
    ASSERT_TRUE(event) << event.error().message;
    if (event->header.type == EventType::format_description) {
      format = *read_format_description(event->body, "");
      return;
    }
    if (event->header.type == EventType::table_map) {
      const auto head = read_table_map_head(event->body, format, "");
      ASSERT_TRUE(head);
      const auto map = read_table_map(*head, format, "");
      ASSERT_TRUE(map) << map.error().message;
      plan = {};
      ASSERT_EQ(map->columns.size(), facts.size());
      for (size_t c = 0; c < facts.size(); ++c) {
        if (map->has_names) {
          EXPECT_EQ(*map->columns[c].name, facts[c].name);
        }
        auto codec = make_codec(map->columns[c], facts[c], format);
        ASSERT_TRUE(codec) << codec.error().message;
        plan.json_columns += codec->kind == ValueKind::json ? 1U : 0U;
        plan.codecs.push_back(*std::move(codec));
        plan.to_layout.push_back(static_cast<int32_t>(c));
      }
      return;
    }
    auto rows = RowsReader::open(event->header.type, event->body, format, plan, "");
    ASSERT_TRUE(rows) << rows.error().message;
    while (!rows->done()) {
      Change change;
      const auto done = rows->next(image, change);
      ASSERT_TRUE(done) << done.error().message;
      changes.push_back(change);
    }
  }

  std::vector<ColumnFacts> facts;
  LogFormat format;
  RowPlan plan;
  RowBatch image;
  std::vector<Change> changes;
};

class CapturedRows : public testing::TestWithParam<const char*> {};

TEST_P(CapturedRows, every_type_at_its_extremes_reads_as_the_server_answers) {
  const Recording recording = read_recording(GetParam());
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
      EXPECT_EQ(reader.image.bytes(cell), expected == "-" ? "" : unhex(expected))
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
  const Recording recording = read_recording("mysql-8.0");
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

}  // namespace
}  // namespace godwit::mysql
