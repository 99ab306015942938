#pragma once
// A reader that follows tables a and b of a log made by hand, and what it told, for tests.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/mysql/change_reader.h"
#include "engines/mysql/fake_log.h"

namespace godwit::mysql {

using Told = std::vector<std::string>;

inline CapturedTable table(const std::string& name, const std::string& from = "") {
  auto def = std::make_shared<TableDef>();
  def->ref = {"d", name};
  def->columns = {{"id", {}}, {"v", {}}};
  return {def, def, {from}};
}

inline LogTable facts(bool transactional = true) {
  return {{facts_of("id", "int", ""), facts_of("v", "varchar(50)", "utf8mb4")}, transactional};
}

struct Following {
  explicit Following(const FakeLog& made) : log(made) {
    options.task_id = "t";
    options.server = FakeLog::uuid;
    options.memory = std::make_shared<ReaderMemory>();
    options.open_session = [this]() -> Result<std::unique_ptr<PacketSource>> {
      ++sessions;
      return std::make_unique<FakeSession>(log, said);
    };
    after(FakeLog::place(1, 4) + '@' + options.server);
  }
  Following& after(const std::string& position) {
    options.after = *BinlogPosition::parse(position);
    return *this;
  }
  // What is told until the log ends or an error comes.
  Following& go() {
    told.clear();
    schema.clear();
    parts.clear();
    error.reset();
    auto opened = MysqlChangeReader::open(options, tables, table_facts);
    if (!opened) return error = opened.error(), *this;
    for (int quiet = 0; quiet < 2;) {
      ChangeBatch batch;
      const auto done = (*opened)->read(batch, 1000, {});
      if (!done) return error = done.error(), *this;
      quiet = batch.empty() ? quiet + 1 : 0;
      if (!batch.read_to.empty()) read_to = batch.read_to.text;
      tell(batch);
      if (!batch.schema.empty()) (*opened)->go_on();
    }
    return *this;
  }
  void tell(const ChangeBatch& batch) {
    size_t covered = 0;
    for (const TxnPart& part : batch.parts) {
      EXPECT_EQ(part.first, covered);
      covered += part.count;
      parts.push_back(part);
    }
    EXPECT_EQ(covered, batch.changes.size());
    schema.insert(schema.end(), batch.schema.begin(), batch.schema.end());
    for (size_t i = 0; i <= batch.changes.size(); ++i) {
      for (const SchemaEvent& event : batch.schema)
        if (event.before_change == i)
          told.push_back("SCHEMA " + (event.document.empty() ? event.what : event.document));
      if (i == batch.changes.size()) break;
      const Change& change = batch.changes[i];
      std::string line = std::string(to_string(change.op)) + ' ' + tables[change.table].full->ref.name;
      const RowBatch& image = batch.images[change.table];
      for (const uint32_t row : {change.before_row, change.after_row})
        if (row != Change::no_row)
          line += fmt::format(" {}={}", image.bytes(image.cell(row, 0)), image.bytes(image.cell(row, 1)));
      told.push_back(line);
    }
  }

  FakeLog log;
  MysqlChangeReader::Options options;
  std::vector<CapturedTable> tables = {table("a"), table("b")};
  std::vector<LogTable> table_facts = {facts(), facts()};
  std::vector<std::string> said;
  int sessions = 0;
  Told told;
  std::vector<SchemaEvent> schema;
  std::vector<TxnPart> parts;
  std::optional<Error> error;
  std::string read_to;
};

inline std::string place_of(const std::string& position) {
  const auto parsed = BinlogPosition::parse(position);
  return parsed ? to_string(parsed->place) : "no position: " + position;
}

inline std::string code(const Following& run) {
  return run.error ? run.error->code : "";
}

}  // namespace godwit::mysql
