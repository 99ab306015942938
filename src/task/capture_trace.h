#pragma once
// What a task has made on its source, by which it can be removed there though the target, which holds the task's
// record, is out of reach or is not the task's target any more.

#include <string>

namespace godwit {

struct CaptureTrace {
  std::string source_system;  // system/database
  std::string target_system;  // the same of the target; part of the capture's name
  std::string capture;        // the slot
  bool users = false;         // the user made the slot
  bool kept = true;           // CaptureIdentity::kept
  bool operator==(const CaptureTrace&) const = default;
};

}  // namespace godwit
