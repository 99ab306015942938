#include "task/dropped_objects.h"

#include <iterator>

#include "base/failpoint.h"
#include "base/log.h"
#include "task/drop_task.h"
#include "task/errors.h"

namespace godwit {

Result<bool> restore_one(Target& target, const DroppedObject& object) {
  auto made = target.restore_object(object);
  failpoint(object.is_foreign_key() ? failpoints::foreign_keys : failpoints::index_build);
  if (made && *made)
    log_info(Component::target_load, "Made {} {} on table {} again", object.kind, object.name,
             log_name(object.table));
  return made;
}

Result<Restored> restore_objects(Target& target, std::span<const DroppedObject> objects,
                                 const std::function<bool(const DroppedObject&)>& wanted) {
  Restored out;
  for (const DroppedObject& object : objects) {
    if (!wanted(object)) {
      out.left.push_back(object);
      continue;
    }
    const auto made = restore_one(target, object);
    if (made) continue;
    if (is_recoverable(made.error())) return Failure(made.error());
    log_error(Component::target_load, "{}", made.error().message);
    out.left.push_back(object);
    out.failures.push_back(made.error().message);
  }
  return out;
}

Result<Restored> restore_all_objects(Target& target, std::span<const DroppedObject> objects) {
  const Restored indexes =
      TRY(restore_objects(target, objects, [](const DroppedObject& object) { return !object.is_foreign_key(); }));
  // What is left of them now is foreign keys, and the indexes that were refused: those not a second time.
  Restored out =
      TRY(restore_objects(target, indexes.left, [](const DroppedObject& object) { return object.is_foreign_key(); }));
  out.failures.insert(out.failures.begin(), indexes.failures.begin(), indexes.failures.end());
  return out;
}

Result<std::string> restore_definitions(Target& target, const TaskDocument& document) {
  std::string remark;
  if (!document.restore_script.empty()) {
    auto restored = target.restore_constraints(document.restore_script);
    if (!restored && restored.error().code != keys_not_valid) return Failure(restored.error());
    if (!restored) remark = restored.error().message;
  }
  const Restored restored = TRY(restore_all_objects(target, document.dropped));
  if (!restored.left.empty()) return Failure(errors::drop_would_lose(restored.failures.front()));
  return remark;
}

}  // namespace godwit
