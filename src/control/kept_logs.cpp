#include "control/kept_logs.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "control/log_events.h"
#include "control/log_faults.h"
#include "control/task_logs.h"
#include "control/worker_folder.h"

namespace godwit {
namespace {

namespace fs = std::filesystem;

fs::path folder_of_all(const Environment& environment) {
  return fs::path(environment.folder) / "logs";
}

// As identifiers are; anything else would lead elsewhere.
bool is_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

fs::path folder_of(const Environment& environment, std::string_view instance_identifier, std::string_view task_id) {
  return folder_of_all(environment) / instance_identifier / task_id;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  return names;
}

// One that stays is no stream.
void remove_empty(const std::string& folder) {
  std::error_code ignored;
  fs::remove(folder, ignored);
}

int64_t written_ms(const KeptLog& log) {
  const auto paths = log_paths(log.folder);
  if (paths.empty()) return 0;
  const auto newest = LogFile::open(paths.front());
  return newest && *newest ? (*newest)->written_ms() : 0;
}

Result<void> drop_oldest(const Environment& environment, uint64_t bytes_max) {
  struct Aged {
    int64_t written_ms;
    uint64_t bytes;
    KeptLog log;
  };
  std::vector<Aged> all;
  uint64_t total = 0;
  for (KeptLog& log : kept_logs(environment)) {
    all.push_back({written_ms(log), log_bytes(log.folder), {}});
    all.back().log = std::move(log);
    total += all.back().bytes;
  }
  std::ranges::sort(all, {}, [](const Aged& each) { return std::tie(each.written_ms, each.log.task_id); });
  // The last one is bounded by its rotation.
  for (size_t i = 0; i + 1 < all.size() && (total > bytes_max || all.size() - i > kept_logs_max); ++i) {
    TRY(remove_kept_log(all[i].log));
    total -= all[i].bytes;
  }
  return {};
}

}  // namespace

std::vector<KeptLog> kept_logs(const Environment& environment, std::string_view instance_identifier) {
  std::vector<KeptLog> out;
  if (!is_name(instance_identifier)) return out;
  for (const std::string& task_id : names_in(folder_of_all(environment) / instance_identifier)) {
    std::string folder = folder_of(environment, instance_identifier, task_id).string();
    if (log_bytes(folder) > 0) out.push_back({std::string(instance_identifier), task_id, std::move(folder)});
  }
  return out;
}

std::vector<KeptLog> kept_logs(const Environment& environment) {
  std::vector<KeptLog> out;
  for (const std::string& instance : names_in(folder_of_all(environment)))
    for (KeptLog& log : kept_logs(environment, instance)) out.push_back(std::move(log));
  return out;
}

Result<void> keep_logs(const Environment& environment, std::string_view instance_identifier, std::string_view task_id,
                       const std::string& task_folder, uint64_t bytes_max) {
  if (!is_name(instance_identifier) || !is_name(task_id) || log_bytes(task_folder) == 0) return {};
  const std::string folder = folder_of(environment, instance_identifier, task_id).string();
  TRY(make_state_folder(folder));
  TRY(move_logs(task_folder, folder));
  return drop_oldest(environment, bytes_max);
}

Result<void> remove_kept_log(const KeptLog& log) {
  TRY(remove_logs(log.folder));
  remove_empty(log.folder);
  return {};
}

Result<void> take_back_logs(const Environment& environment, std::string_view instance_identifier,
                            std::string_view task_id, const std::string& task_folder) {
  if (!is_name(instance_identifier) || !is_name(task_id)) return {};
  const std::string folder = folder_of(environment, instance_identifier, task_id).string();
  if (log_bytes(folder) == 0) return {};
  TRY(make_state_folder(task_folder));
  TRY(move_logs(folder, task_folder));
  remove_empty(folder);
  return {};
}

}  // namespace godwit
