#include "task/drop_task.h"

#include "base/text.h"
#include "task/dropped_objects.h"
#include "task/errors.h"

namespace godwit {

std::string source_tag(std::string_view task_id, std::string_view target_system) {
  return std::string(task_id) + ":" + hex64(fnv1a(target_system)).substr(0, 8);
}

Result<DroppedTask> drop_task(TaskContext& context, bool force) {
  std::unique_ptr<Target> target = TRY(context.open_target("main"));
  const ServerIdentity identity = TRY(target->identity());
  context.target_system = identity.system + "/" + identity.database;
  context.source_tag = source_tag(context.task_id, context.target_system);
  std::unique_ptr<Source> source = TRY(context.open_source("main"));
  DroppedTask out;
  out.capture = source->capture_name(context.task_id, context.target_system);
  const std::optional<TaskRecord> record = TRY(target->read_task(context.task_id));
  out.had_record = record.has_value();
  // A slot that cannot be used any more is the one that has to go; an engine that keeps nothing on the source has
  // none.
  bool has_slot = false;
  if (source->capture_identity(context.task_id, context.target_system).kept) {
    const auto position = source->capture_position(context.capture_spec());
    if (!position && is_recoverable(position.error())) return Failure(position.error());
    has_slot = !position || !position->empty();
  }
  if (!record && has_slot && !force) return Failure(errors::drop_without_record(context.task_id, out.capture));
  // A worker that still runs loses its sessions and finds its record gone: it ends, explained.
  TRY(target->end_leftover_sessions());
  TRY(source->end_leftover_sessions(true));
  if (record) out.remark = TRY(restore_definitions(*target, TRY(parse_task_document(record->document))));
  const bool users = source->capture_identity(context.task_id, context.target_system).users;
  out.users_slot = users && has_slot;
  out.had_capture = !users && has_slot;
  TRY(source->drop_capture(context.task_id, context.target_system));
  if (record) TRY(target->forget_task(context.task_id));
  return out;
}

}  // namespace godwit
