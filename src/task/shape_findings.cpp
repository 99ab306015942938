#include "task/shape_findings.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "mapping/row_shape.h"

namespace godwit {
namespace {

constexpr uint64_t lines_a_minute = 1000;
constexpr int64_t minute_ms = 60000;

}  // namespace

bool shapes_rows(const TargetTable& table) {
  return table.shape && table.shape->shapes_rows;
}

std::string_view code_of(ChangeNote::Kind kind) {
  switch (kind) {
    case ChangeNote::Kind::truncated:
      return "22001";
    case ChangeNote::Kind::value:
      return "22000";
    case ChangeNote::Kind::mask:
      return "22023";
    case ChangeNote::Kind::refused:
      return "22007";
  }
  return "22000";
}

ChangeNote note_of(const TableRef& table, const ShapeFinding& finding, uint32_t change) {
  const std::string name = to_string(table);
  switch (finding.kind) {
    case ShapeFinding::Kind::truncated:
      return {change, ChangeNote::Kind::truncated,
              fmt::format("Value of column '{}' in table '{}' was truncated to {} bytes, actual length: {} bytes",
                          finding.column, name, finding.limit_bytes, finding.actual_bytes)};
    case ShapeFinding::Kind::value:
      return {
          change, ChangeNote::Kind::value,
          fmt::format("Value of column '{}' in table '{}' became NULL: {}", finding.column, name, finding.message)};
    case ShapeFinding::Kind::refused:
      return {change, ChangeNote::Kind::refused,
              fmt::format("Value of column '{}' in table '{}' cannot be written: {}. Godwit.ZeroDates asks for an "
                          "error; null or 0001-01-01 let the rows through",
                          finding.column, name, finding.message)};
    case ShapeFinding::Kind::mask:
      break;
  }
  return {
      change, ChangeNote::Kind::mask,
      fmt::format("Value of column '{}' in table '{}' was not masked: {}", finding.column, name, finding.message)};
}

ChangeAction action_on(const TaskContext& context, ChangeNote::Kind kind, size_t table) {
  const ErrorBehavior& settings = context.settings.error_behavior;
  const ChangeAction action = finding_action(settings, kind);
  if (kind == ChangeNote::Kind::truncated && context.fails_on_truncation()) return ChangeAction::stop_task;
  if (kind != ChangeNote::Kind::value || context.tally == nullptr) return action;
  return escalate_data_error(settings, action, context.tally->add_data_error(table));
}

FindingLog::~FindingLog() {
  for (auto& [table, minute] : minutes_) close(table, minute, 0);
}

void FindingLog::close(const TableRef& table, Minute& minute, int64_t now_ms) {
  if (minute.silent > 0)
    log_warning(minute.component, "{} more values in table '{}' were truncated; they have no line each",
                minute.silent, to_string(table));
  minute = {now_ms, 0, 0, minute.component};
}

void FindingLog::write(Component component, const TableRef& table, const ChangeNote& note) {
  if (note.kind != ChangeNote::Kind::truncated) {
    log_error(component, "{}", note.message);
    return;
  }
  progress_.change([](TaskStatistics& s) { ++s.lob_truncations; });
  const std::lock_guard lock(mutex_);
  Minute& minute = minutes_[table];
  const int64_t now = monotonic_ms();
  if (minute.since_ms == 0 || now - minute.since_ms >= minute_ms) close(table, minute, now);
  minute.component = component;
  if (minute.lines < lines_a_minute) {
    ++minute.lines;
    log_warning(component, "{}", note.message);
  } else {
    ++minute.silent;
  }
}

}  // namespace godwit
