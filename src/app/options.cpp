#include "app/options.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/text.h"
#include "engines/all.h"
#include "task/errors.h"

namespace godwit {
namespace {

Failure usage(std::string code, std::string message) {
  return Failure(Error{ErrorKind::usage, "app." + std::move(code), std::move(message), ""});
}

// Characters that fit a file name, a slot's name and a session's name.
Result<void> check_task_id(const std::string& id) {
  constexpr size_t length_max = 100;
  const bool fits =
      !id.empty() && id.size() <= length_max && id.front() != '.' && id.front() != '-' &&
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == std::string::npos;
  if (fits) return {};
  return usage(
      "task_id",
      fmt::format("--task-id \"{}\" is not allowed: use 1 to {} letters, digits, '-', '_' and '.', the first a "
                  "letter, digit or '_'.",
                  id, length_max));
}

Result<void> check_stop_position(const std::string& text) {
  int64_t us = 0;
  if (text.empty() || text == "caught-up" || text.starts_with("position:")) return {};
  for (const std::string_view head : {"server_time:", "commit_time:"})
    if (text.starts_with(head) && parse_utc(trim(std::string_view(text).substr(head.size())), us)) return {};
  return Failure(errors::stop_position(text));
}

Result<std::string> make_state_dir(const std::string& root, const std::string& task_id) {
  const std::filesystem::path path = std::filesystem::path(root) / task_id;
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed)
    return usage("state_dir", fmt::format("cannot make the folder {}: {}. Choose another with --state-dir.",
                                          path.string(), failed.message()));
  return path.string();
}

}  // namespace

Result<TaskType> task_type(const std::string& text) {
  for (const TaskType type : {TaskType::full_load, TaskType::full_load_and_cdc, TaskType::cdc})
    if (to_string(type) == text) return type;
  return usage("type", fmt::format("--type {} is unknown; there are full-load, full-load-and-cdc and cdc.", text));
}

Result<std::string> document_text(const std::string& text, std::string_view option) {
  if (text.empty() || trim(text).starts_with('{')) return text;
  std::ifstream file(text, std::ios::binary);
  if (!file)
    return usage("document",
                 fmt::format("{}: the file {} cannot be read, and the text is no JSON object.", option, text));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string default_state_dir() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state != '\0') return std::string(state) + "/godwit";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/state/godwit";
}

Result<TaskOptions> checked_options(const MigrateArguments& arguments, const std::string& mappings,
                                    const std::string& settings) {
  TaskOptions out;
  out.source = TRY(parse_endpoint(arguments.source));
  out.target = TRY(parse_endpoint(arguments.target));
  out.source_engine = TRY(find_engine(out.source.scheme));
  out.target_engine = TRY(find_engine(out.target.scheme));
  if (out.source_engine != out.target_engine &&
      (!out.source_engine->exchanges_rows() || !out.target_engine->exchanges_rows()))
    return Failure(errors::engine_types_differ(out.source_engine->name(), out.target_engine->name()));
  out.type = TRY(task_type(arguments.type));
  TRY(check_task_id(arguments.task_id));
  TRY(check_stop_position(arguments.stop_position));
  out.task_id = arguments.task_id;
  if (mappings.empty())
    out.rules = default_rules();
  else
    out.rules = TRY(parse_rules(mappings));
  out.settings = TRY(parse_settings(settings));
  out.preparation_named = settings.find("\"TargetTablePrepMode\"") != std::string::npos;
  out.start_position = arguments.start_position;
  out.stop_position = arguments.stop_position;
  out.restart = arguments.restart;
  out.finish = arguments.finish;
  return out;
}

Result<TaskOptions> task_options(const MigrateArguments& arguments) {
  const std::string mappings = TRY(document_text(arguments.mappings, "--table-mappings"));
  const std::string settings = TRY(document_text(arguments.settings, "--task-settings"));
  TaskOptions out = TRY(checked_options(arguments, mappings, settings));
  out.state_dir =
      TRY(make_state_dir(arguments.state_dir.empty() ? default_state_dir() : arguments.state_dir, arguments.task_id));
  return out;
}

}  // namespace godwit
