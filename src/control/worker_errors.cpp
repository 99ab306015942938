#include "control/worker_errors.h"

#include <fmt/format.h>

#include <cstring>

#include "base/clock.h"
#include "base/sentences.h"
#include "base/text.h"

namespace godwit::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message) {
  return Error{kind, "control." + std::string(code), std::move(message), ""};
}

std::string reason(int number) {
  return std::strerror(number);  // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe for known numbers
}

// After a clean-up that was cut short.
std::string what_then(const std::string& task_id, bool may_hold_definitions) {
  if (may_hold_definitions)
    return " The task's record on the target may hold the only definition of what was dropped there for the load: "
           "delete the task again.";
  return fmt::format(
      " Its slot may still be on the source: SELECT slot_name FROM pg_replication_slots WHERE slot_name "
      "LIKE 'godwit_{}%', and SELECT pg_drop_replication_slot('…') for each.",
      lower_ascii(task_id));
}

}  // namespace

Error worker_message(std::string_view what) {
  return make(ErrorKind::fatal, "worker_message",
              fmt::format("what a server and its worker say to one another cannot be read: it is {}.", what));
}

Error worker_socket(const std::string& path, int number) {
  return make(ErrorKind::usage, "worker_socket",
              fmt::format("the socket {} for the worker processes cannot be opened: {}. The data folder must be on a "
                          "local disk and belong to the server's user.",
                          path, reason(number)));
}

Error worker_folder(const std::string& path, int number) {
  return make(ErrorKind::usage, "worker_folder",
              fmt::format("{} cannot be written: {}. The data folder must belong to the server's user, and the disk "
                          "must have room.",
                          path, reason(number)));
}

Error worker_not_started(int number) {
  return make(ErrorKind::resource, "worker_not_started",
              fmt::format("no worker process can be started: {}.", reason(number)));
}

Error worker_there_already(const std::string& task_id) {
  return make(ErrorKind::usage, "worker_there_already",
              fmt::format("task {} has a worker process already.", task_id));
}

Error worker_not_there(const std::string& task_id) {
  return make(ErrorKind::usage, "worker_not_there", fmt::format("task {} has no worker process.", task_id));
}

Error worker_of_other_run(const std::string& task_id, int64_t run) {
  return make(ErrorKind::usage, "worker_of_other_run",
              fmt::format("the worker process of task {} is at work on another run than {}.", task_id, run));
}

Error worker_not_running(const std::string& task_id) {
  return make(ErrorKind::usage, "worker_not_running",
              fmt::format("task {} is not running: tables are loaded again while it runs.", task_id));
}

Error worker_holds_folder(const std::string& state_dir) {
  return make(ErrorKind::superseded, "worker_holds_folder",
              fmt::format("another worker of the task is at work in {}. It has to end first.", state_dir));
}

Error worker_limit(std::string_view what, int number) {
  return make(ErrorKind::resource, "worker_limit",
              fmt::format("the limit of {} of the instance class cannot be set: {}.", what, reason(number)));
}

Error worker_job(std::string_view member, std::string_view why) {
  return make(ErrorKind::usage, "worker_job", fmt::format("the worker's job is of no use: {} {}.", member, why));
}

Error reload_of_changes_only(const std::string& task_id) {
  return make(ErrorKind::usage, "reload_of_changes_only",
              fmt::format("task {} has no load: it replicates changes only.", task_id));
}

Error reload_of_unknown_table(const std::string& task_id, const TableRef& table) {
  return make(ErrorKind::usage, "reload_of_unknown_table",
              fmt::format("table {} is none of task {}. Names are those on the source, compared with case.",
                          to_string(table), task_id));
}

Error clean_up_failed(std::string message, bool holds_definitions) {
  return make(ErrorKind::fatal, holds_definitions ? "clean_up_would_lose" : "clean_up_failed", std::move(message));
}

Error clean_up_late(const std::string& task_id, bool may_hold_definitions) {
  return make(
      ErrorKind::connection, may_hold_definitions ? "clean_up_would_lose" : "clean_up_late",
      fmt::format("the clean-up of task {} said nothing for too long and was killed; a server may not answer.{}",
                  task_id, what_then(task_id, may_hold_definitions)));
}

Error clean_up_died(const std::string& task_id, const std::string& how, bool may_hold_definitions) {
  return make(ErrorKind::fatal, may_hold_definitions ? "clean_up_would_lose" : "clean_up_died",
              fmt::format("the clean-up of task {} {}{}", task_id, as_sentence(how),
                          what_then(task_id, may_hold_definitions)));
}

std::string worker_died(const std::string& how, int64_t wait_s, int attempt) {
  return fmt::format(
      "The task's worker process {} It is started again{} and goes on from the task's checkpoint (attempt {}).",
      as_sentence(how), wait_s > 0 ? fmt::format(" in {} s", wait_s) : "", attempt);
}

std::string worker_was_restarted(const std::string& how, int64_t died_us, int attempt) {
  return fmt::format("At {} (UTC) the task's worker process {} It was started again (attempt {}).",
                     iso_seconds(died_us), as_sentence(how), attempt);
}

std::string worker_gave_up(const std::string& task_id, const std::string& how, int attempts) {
  if (attempts == 0)
    return fmt::format("The task's worker process {} RecoverableErrorCount allows no restart; resume the task.",
                       as_sentence(how));
  return fmt::format(
      "The task's worker process {} After {} it is not started again. Find the cause in the log stream dms-task-{}, "
      "then resume the task.",
      as_sentence(how), counted(attempts, "restart"), task_id);
}

std::string task_set_back(const std::string& why, int64_t attempt) {
  return fmt::format("The task cannot go on just now: {} It tries again, from its stored position (attempt {}).",
                     as_sentence(why), attempt);
}

std::string worker_stopped_midway(const std::string& how) {
  return fmt::format(
      "The task stands, but not by a clean stop: its worker process {} Sequences of the target may be behind, and "
      "triggers and constraints may not be put back. Before the target is used, resume the task and stop it once "
      "more.",
      as_sentence(how));
}

}  // namespace godwit::errors
