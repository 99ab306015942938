// clear_task: see task/drop_task.h.

#include <algorithm>

#include "task/drop_task.h"
#include "task/dropped_objects.h"
#include "task/errors.h"
#include "task/lock_watch.h"

namespace godwit {
namespace {

class Clearing {
 public:
  Clearing(TaskContext& context, std::span<const CaptureTrace> remembered, const ClearingWatch& watch)
      : context_(context), watch_(watch), captures_(remembered.begin(), remembered.end()) {}

  ClearedTask clear() {
    auto opened = open_target();
    name_other_targets();
    if (!opened) {
      out_.left.push_back(errors::target_not_cleared(context_.task_id, control_schema(), opened.error()).message);
    } else if (auto restored = restore(); !restored) {
      out_.holds_definitions = true;
      std::string message = restored.error().message;
      for (const CaptureTrace& capture : captures_)
        if (is_slot(capture)) message += " " + errors::slot_kept(capture.capture);
      out_.left.push_back(std::move(message));
      return std::move(out_);
    }
    watch_.restored();
    clear_source();
    if (!record_) return std::move(out_);
    if (auto forgotten = target_->forget_task(context_.task_id); !forgotten)
      out_.left.push_back(errors::target_not_cleared(context_.task_id, control_schema(), forgotten.error()).message);
    return std::move(out_);
  }

 private:
  static bool is_slot(const CaptureTrace& capture) { return capture.kept && !capture.users; }
  std::string control_schema() const { return context_.settings.control_tables_settings.control_schema; }

  Result<void> open_target() {
    std::unique_ptr<Target> target = TRY(context_.open_target("main"));
    const ServerIdentity identity = TRY(target->identity());
    context_.target_system = identity.system + "/" + identity.database;
    record_ = TRY(target->read_task(context_.task_id));
    target_ = std::move(target);
    return {};
  }

  Result<void> restore() {
    // A worker that still runs loses its sessions and finds its record gone: it ends, explained.
    TRY(target_->end_leftover_sessions());
    if (!record_) return {};
    const TaskDocument document = TRY(parse_task_document(record_->document));
    if (document.restore_script.empty() && document.dropped.empty()) return {};
    LockWatch locks(context_, *target_, watch_.alive);
    auto restored = restore_definitions(*target_, document);
    if (!restored && !locks.blocker().empty())
      return Failure(errors::drop_would_lose(errors::lock_in_the_way(locks.blocker(), restored.error()).message));
    if (!restored && restored.error().code != errors::drop_would_lose("").code)
      return Failure(errors::drop_would_lose(restored.error().message));
    if (!restored) return Failure(restored.error());
    if (!restored->empty()) out_.remarks.push_back(std::move(*restored));
    return {};
  }

  // Whoever changed the task's target has left a record there, which only a connection to it could remove.
  void name_other_targets() {
    std::vector<std::string> named = {context_.target_system};
    for (const CaptureTrace& capture : captures_) {
      if (std::ranges::find(named, capture.target_system) != named.end()) continue;
      named.push_back(capture.target_system);
      out_.remarks.push_back(errors::other_target(context_.task_id, control_schema(), capture.target_system));
    }
  }

  void clear_source() {
    // The one of the ends as they are now first.
    std::vector<std::string> systems;
    if (target_) systems.push_back(context_.target_system);
    for (const CaptureTrace& capture : captures_)
      if (std::ranges::find(systems, capture.target_system) == systems.end())
        systems.push_back(capture.target_system);
    for (const std::string& system : systems)
      if (auto cleared = clear_captures_of(system); !cleared) note_left(system, cleared.error());
  }

  // Sessions bear the target in their names.
  Result<void> clear_captures_of(const std::string& system) {
    context_.source_tag = source_tag(context_.task_id, system);
    const std::unique_ptr<Source> source = TRY(context_.open_source("main"));
    const ServerIdentity identity = TRY(source->identity());
    const std::string here = identity.system + "/" + identity.database;
    TRY(source->end_leftover_sessions(true));
    TRY(source->drop_capture(context_.task_id, system));
    for (const CaptureTrace& capture : captures_)
      if (capture.target_system == system && capture.source_system != here && is_slot(capture))
        out_.left.push_back(errors::slot_elsewhere(capture.capture, capture.source_system, here));
    return {};
  }

  void note_left(const std::string& system, const Error& error) {
    std::string message = errors::source_not_cleared(context_.task_id, error).message;
    for (const CaptureTrace& capture : captures_)
      if (capture.target_system == system && is_slot(capture)) message += " " + errors::slot_left(capture.capture);
    out_.left.push_back(std::move(message));
  }

  TaskContext& context_;
  const ClearingWatch& watch_;
  const std::vector<CaptureTrace> captures_;
  std::unique_ptr<Target> target_;  // null: out of reach
  std::optional<TaskRecord> record_;
  ClearedTask out_;
};

}  // namespace

ClearedTask clear_task(TaskContext& context, std::span<const CaptureTrace> remembered, const ClearingWatch& watch) {
  return Clearing(context, remembered, watch).clear();
}

}  // namespace godwit
