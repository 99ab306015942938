#include "control/assessment_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "check/assessment.h"
#include "control/assessment_faults.h"

namespace godwit {
namespace {

constexpr size_t name_bytes_max = 255, folder_bytes_max = 1024;

bool is_file_name(std::string_view name) {
  const bool printable =
      std::ranges::none_of(name, [](unsigned char c) { return c < ' ' || c == '/' || c == '\x7f'; });
  return !name.empty() && name.size() <= name_bytes_max && name != "." && name != ".." && printable;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Result<void> write_all(int file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(file, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failure(results_not_written(path, errno));
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return {};
}

}  // namespace

Result<void> check_result_bucket(std::string_view bucket) {
  const bool fits =
      !bucket.empty() && bucket.size() <= name_bytes_max && is_letter_or_digit(bucket.front()) &&
      std::ranges::all_of(bucket, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
  if (!fits) return Failure(result_bucket_refused(bucket));
  return {};
}

Result<std::string> read_result_folder(std::string_view folder) {
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty()) return std::string();
  if (folder.size() > folder_bytes_max) return Failure(result_folder_refused());
  for (const std::string& part : split(folder, '/'))
    if (!is_file_name(part)) return Failure(result_folder_refused());
  return std::string(folder);
}

Result<void> check_run_name(std::string_view name) {
  if (!is_file_name(name)) return Failure(run_name_refused());
  return {};
}

std::string results_folder(const Environment& environment, std::string_view bucket, std::string_view folder,
                           std::string_view run_name) {
  return (std::filesystem::path(environment.folder) / "assessments" / bucket / folder / run_name).string();
}

Result<void> make_results_folder(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return Failure(results_not_written(path, failed.value()));
  if (::access(path.c_str(), W_OK | X_OK) != 0) return Failure(results_not_written(path, errno));
  return {};
}

void clear_results(const std::string& path) {
  ::unlink((path + "/summary.json").c_str());
  for (const AssessmentInfo& one : every_assessment()) ::unlink((path + "/" + one.name + ".json").c_str());
}

Result<void> write_result(const std::string& path, std::string_view file, std::string_view text) {
  const std::string whole = path + "/" + std::string(file), draft = whole + ".new";
  const int out = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (out < 0) return Failure(results_not_written(draft, errno));
  auto written = write_all(out, draft, text);
  if (::close(out) != 0 && written) written = Failure(results_not_written(draft, errno));
  if (written && std::rename(draft.c_str(), whole.c_str()) != 0) written = Failure(results_not_written(whole, errno));
  if (!written) ::unlink(draft.c_str());
  return written;
}

}  // namespace godwit
