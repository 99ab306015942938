#include "task/context.h"

#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "task/errors.h"
#include "task/replaying_target.h"

namespace godwit {

Result<void> RecordStore::update(const std::function<void(std::string& phase, TaskDocument& document)>& edit) {
  const std::lock_guard lock(mutex_);
  auto before = std::pair(phase_, document_);
  edit(phase_, document_);
  auto written = session_->write_task({task_id_, phase_, to_json(document_), revision_});
  if (!written && written.error().kind == ErrorKind::superseded) {
    // It may be this worker's own last write, whose answer was lost with the connection.
    const std::optional<TaskRecord> stored = TRY(session_->read_task(task_id_));
    if (!stored) return Failure(errors::taken_over(task_id_));
    const TaskDocument there = TRY(parse_task_document(stored->document));
    if (there.worker != document_.worker) return Failure(errors::taken_over(task_id_));
    revision_ = stored->revision;
    written = session_->write_task({task_id_, phase_, to_json(document_), revision_});
  }
  if (!written && written.error().kind == ErrorKind::superseded) return Failure(errors::taken_over(task_id_));
  if (written) ++revision_;
  if (written && phase_ != before.first)
    log_debug(Component::task_manager, "The record of task '{}' goes from phase \"{}\" to \"{}\"", task_id_,
              before.first, phase_);
  // What the target refuses is not there; what was lost with a connection may be.
  if (!written && !is_recoverable(written.error())) std::tie(phase_, document_) = std::move(before);
  return written;
}

Result<bool> RecordStore::load() {
  const std::lock_guard lock(mutex_);
  const std::optional<TaskRecord> stored = TRY(session_->read_task(task_id_));
  document_ = {};
  phase_.clear();
  revision_ = 0;
  if (!stored) return false;
  revision_ = stored->revision;
  document_ = TRY(parse_task_document(stored->document));
  stored_worker_ = std::exchange(document_.worker, {});  // nobody's until it is claimed
  phase_ = stored->phase;
  return true;
}

TaskDocument RecordStore::document() const {
  const std::lock_guard lock(mutex_);
  return document_;
}

std::string RecordStore::stored_worker() const {
  const std::lock_guard lock(mutex_);
  return stored_worker_;
}

std::string RecordStore::phase() const {
  const std::lock_guard lock(mutex_);
  return phase_;
}

Result<void> RecordStore::forget() {
  const std::lock_guard lock(mutex_);
  document_ = {};
  phase_.clear();
  revision_ = 0;
  return session_->forget_task(task_id_);
}

Result<std::unique_ptr<Source>> TaskContext::open_source(std::string role) const {
  return source_engine->open_source(source, {source_tag, std::move(role), {}});
}

Result<std::unique_ptr<Target>> TaskContext::open_target(std::string role) const {
  const auto& control = settings.control_tables_settings;
  const SessionOptions options{
      task_id,
      std::move(role),
      {control.control_schema, control.status_table_enabled, control.history_table_enabled,
       control.suspended_tables_table_enabled, control.full_load_exception_table_enabled, server_name}};
  std::unique_ptr<Target> session = TRY(replayed({}, [&] { return target_engine->open_target(target, options); }));
  return std::make_unique<ReplayingTarget>(std::move(session));
}

void TaskContext::note_suspended(const TableRef& table, std::string_view reason) const {
  if (!settings.control_tables_settings.suspended_tables_table_enabled) return;
  const auto written = [&]() -> Result<void> {
    const std::unique_ptr<Target> session = TRY(open_target("suspend"));
    return session->write_suspended(task_id, table, reason, true);
  }();
  if (!written)
    log_error(Component::task_manager, "{}",
              errors::control_table_unwritten("awsdms_suspended_tables", written.error()).message);
}

CaptureSpec TaskContext::capture_spec() const {
  CaptureSpec spec;
  spec.task_id = task_id;
  spec.target_system = target_system;
  spec.open_transactions_timeout_s = settings.full_load_settings.transaction_consistency_timeout_s;
  spec.lanes = static_cast<unsigned>(settings.full_load_settings.max_full_load_sub_tasks);
  for (const PlannedTable& table : tables) spec.tables.push_back(table.target.source.get());
  return spec;
}

std::vector<TargetTable> TaskContext::targets() const {
  std::vector<TargetTable> out;
  for (const PlannedTable& table : tables) out.push_back(table.target);
  return out;
}

bool TaskContext::fails_on_truncation() const {
  const std::string value = lower_ascii(source.parameter("FailTasksOnLobTruncation").value_or("false"));
  return value == "true" || value == "1" || value == "y" || value == "yes" || value == "on";
}

}  // namespace godwit
