#pragma once
// What comes after the clean stop of a task's run, when it is not rest: kept with the task, so that a server that is
// started again goes on with it.

#include <string>
#include <string_view>

namespace godwit {

struct FollowUp {
  enum class Kind {
    rest,      // the task is stopped
    resume,    // the worker is put down and started again; the task shows its status all along
    resuming,  // it has been started again and is not running yet
    gather,    // a group stops at one commit point: this task is being put down …
    gathered,  // … and waits for the others …
    finish,    // … and goes on to the point they have in common
  };
  Kind kind = Kind::rest;
  std::string group{};  // of the last three

  bool operator==(const FollowUp&) const = default;
  bool recycles() const { return kind == Kind::resume || kind == Kind::resuming; }
};

// "", "resume", "gather:<group>"
std::string to_string(const FollowUp& follow_up);
// A text that is none reads as rest.
FollowUp read_follow_up(std::string_view text);

}  // namespace godwit
