#include "control/api_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace godwit {
namespace {

// An option that is not among these belongs to another program (mysqlbinlog's) and stays.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> words_of_calls = {{
    {"--restart", "StartReplicationTaskType=reload-target"},
    {"--type", "MigrationType"},
    {"--task-id", "ResourceIdentifier"},
    {"--cdc-start-position", "CdcStartPosition"},
    {"--cdc-stop-position", "CdcStopPosition"},
    {"--control-schema", "ControlTablesSettings.ControlSchema"},
    {"--table-mappings", "TableMappings"},
    {"--task-settings", "ReplicationTaskSettings"},
    {"--state-dir", "the server's --data-dir"},
    {"Run the same command", "Resume the task"},
    {"run the same command", "resume the task"},
}};
constexpr std::string_view of_changes = "cdc", restart_option = "--restart";
// reload-target is refused for such tasks (spec/api.md §5.1).
constexpr std::string_view restart_of_changes =
    "StartReplicationTaskType=start-replication (which loads nothing: rows that are missing need a full-load task "
    "first)";
constexpr std::string_view drop_command = "`godwit drop", drop_words = "DeleteReplicationTask";

bool is_option_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '-';
}

// What stands for the words at the beginning, and how many bytes of the text they are; nothing: they stay.
std::pair<std::string_view, size_t> words_at(std::string_view text, std::string_view type) {
  if (text.starts_with(drop_command)) {
    const size_t end = text.find('`', 1);
    if (end != std::string_view::npos) return {drop_words, end + 1};
  }
  for (const auto& [name, words] : words_of_calls)
    if (text.starts_with(name) && (text.size() == name.size() || !is_option_letter(text[name.size()])))
      return {type == of_changes && name == restart_option ? restart_of_changes : words, name.size()};
  return {};
}

}  // namespace

std::string in_api_words(std::string_view text, std::string_view type) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool begins_word = out.empty() || !is_option_letter(out.back());
    const auto [words, length] = begins_word ? words_at(text, type) : std::pair<std::string_view, size_t>{};
    out += length == 0 ? text.substr(0, 1) : words;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace godwit
