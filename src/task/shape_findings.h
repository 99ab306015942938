#pragma once
// What shaping met in rows, put into words: DMS's line for cut values (spec/lob.md §4), and what the exception tables
// hold.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/log.h"
#include "data/change.h"
#include "mapping/row_shaper.h"
#include "task/context.h"

namespace godwit {

// Whether loaded rows are shaped; a filter alone is the source's work.
bool shapes_rows(const TargetTable& table);

// Errors of the note's kind end up in the exception tables under this code.
std::string_view code_of(ChangeNote::Kind kind);

// `change` is the index that the note is to carry.
ChangeNote note_of(const TableRef& table, const ShapeFinding& finding, uint32_t change);

// What the settings say, escalation counted.
ChangeAction action_on(const TaskContext& context, ChangeNote::Kind kind, size_t table);

// Writes one line for each note. Of cut values at most 1000 a table and minute, and then how many more there were.
// Thread-safe.
class FindingLog {
 public:
  // `progress` counts all cut values and outlives the log.
  explicit FindingLog(Progress& progress) : progress_(progress) {}
  ~FindingLog();
  FindingLog(const FindingLog&) = delete;
  FindingLog& operator=(const FindingLog&) = delete;
  void write(Component component, const TableRef& table, const ChangeNote& note);

 private:
  struct Minute {
    int64_t since_ms = 0;
    uint64_t lines = 0, silent = 0;
    Component component = Component::source_unload;
  };
  static void close(const TableRef& table, Minute& minute, int64_t now_ms);

  Progress& progress_;
  std::mutex mutex_;
  std::map<TableRef, Minute> minutes_;
};

}  // namespace godwit
