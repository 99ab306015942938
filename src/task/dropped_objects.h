#pragma once
// Puts back what was dropped for the load (Target::plan_rebuild).

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/target.h"
#include "task/task_document.h"

namespace godwit {

struct Restored {
  std::vector<DroppedObject> left;    // not wanted now, or refused
  std::vector<std::string> failures;  // why, one text for each refused; said in the log already
};

// In the order given, those that are wanted. Goes on after a refusal; an error is one that may pass.
Result<Restored> restore_objects(Target& target, std::span<const DroppedObject> objects,
                                 const std::function<bool(const DroppedObject&)>& wanted);

// Indexes first: foreign keys rest on some of them.
Result<Restored> restore_all_objects(Target& target, std::span<const DroppedObject> objects);

// One object, said in the log. False: it was there, or its table is gone.
Result<bool> restore_one(Target& target, const DroppedObject& object);

// Puts back all that the record alone knows, before it is forgotten. Answers what the user has yet to do; empty:
// nothing.
Result<std::string> restore_definitions(Target& target, const TaskDocument& document);

}  // namespace godwit
