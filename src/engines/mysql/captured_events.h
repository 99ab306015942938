#pragma once
// Events as real servers logged them (testdata/*.hex), for tests: lines of "column name|type|charset", "event <hex>",
// and "row" with cells as hexadecimal digits, "-" for an empty one.

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/binlog_rows.h"

namespace godwit::mysql {

inline std::string unhex(std::string_view digits) {
  ByteBuffer out;
  EXPECT_TRUE(append_unhex(out, digits));
  return std::string(out.view());
}

struct Recording {
  std::vector<ColumnFacts> facts;
  std::vector<std::string> events;
  std::vector<std::vector<std::string>> rows;
};

inline Recording read_recording(std::string_view text) {
  Recording out;
  std::istringstream file{std::string(text)};
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

}  // namespace godwit::mysql
