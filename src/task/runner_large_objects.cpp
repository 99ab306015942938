// Large objects that the rows name: copied once their tables are loaded, under the same numbers. The log says nothing
// of later changes to them.

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {
namespace {

constexpr uint32_t piece_bytes = 1U << 20U;

constexpr uint32_t block_bytes = 2048;  // a server stores large objects in blocks of this size, but for holes

bool is_hole(std::string_view hex) {
  return hex.find_first_not_of('0') == std::string_view::npos;
}

// The runs of blocks in the piece that hold something.
Result<void> write_piece(Target& target, uint32_t number, uint64_t at, const std::string& hex) {
  constexpr size_t step = size_t{2} * block_bytes;
  const auto block = [&](size_t from) { return std::string_view(hex).substr(from, step); };
  for (size_t from = 0; from < hex.size();) {
    size_t end = from;
    while (end < hex.size() && !is_hole(block(end))) end += step;
    if (end > from) TRY(target.write_large_object(number, at + from / 2, hex.substr(from, end - from)));
    from = end + step;  // what stands at `end` is a hole
  }
  return {};
}

// Holes stay holes; the last byte is written always, so that the length is right.
Result<void> write_pieces(Source& source, Target& target, uint32_t number, uint64_t bytes,
                          const std::stop_token& stop) {
  for (uint64_t at = 0; at < bytes; at += piece_bytes) {
    if (stop.stop_requested()) return Failure(errors::stopped());
    const std::string hex = TRY(source.read_large_object(number, at, piece_bytes));
    TRY(write_piece(target, number, at, hex));
    if (at + piece_bytes >= bytes && hex.ends_with("00")) TRY(target.write_large_object(number, bytes - 1, "00"));
    failpoint(failpoints::large_object_half_way);
  }
  return {};
}

Result<void> copy_one(Source& source, Target& target, const std::string& task_id, uint32_t number, uint64_t bytes,
                      const std::stop_token& stop) {
  auto copied = target.begin_large_object(task_id, number, bytes);
  if (copied) copied = write_pieces(source, target, number, bytes, stop);
  if (copied) return target.commit_large_object();
  target.abandon_large_object();
  return copied;
}

Result<bool> is_equal(Source& source, Target& target, uint32_t number, uint64_t bytes, const std::stop_token& stop) {
  const uint64_t there = TRY(target.large_object_size(number));
  if (there != bytes) return false;
  for (uint64_t at = 0; at < bytes; at += piece_bytes) {
    if (stop.stop_requested()) return Failure(errors::stopped());
    const std::string ours = TRY(target.read_large_object(number, at, piece_bytes));
    const std::string wanted = TRY(source.read_large_object(number, at, piece_bytes));
    if (ours != wanted) return false;
  }
  return true;
}

}  // namespace

Result<std::vector<LargeObjectColumn>> TaskRunner::large_object_columns() {
  std::vector<const TableDef*> layouts;
  for (const PlannedTable& table : context_.tables) layouts.push_back(table.target.read.get());
  return source_->large_object_columns(layouts);
}

Result<void> TaskRunner::warn_of_large_objects() {
  const std::vector<LargeObjectColumn> columns = TRY(large_object_columns());
  if (columns.empty()) return {};
  std::string names;
  for (const LargeObjectColumn& column : columns)
    names += (names.empty() ? "" : ", ") + to_string(column.table) + "." + column.column;
  const std::string text = fmt::format(
      "Columns of type oid may name large objects: {}. {} Changes made to large objects after that, and new ones, "
      "are "
      "not in the log and are not captured.",
      names, loads() ? "Those that they name are copied with the load." : "This task copies none of them.");
  log_warning(Component::source_capture, "{}", text);
  return {};
}

// Of the snapshot that is held; where none is left, because every table was complete, as they are now.
Result<void> TaskRunner::copy_large_objects(const std::stop_token& stop) {
  const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
  const std::vector<LargeObjectColumn> columns = TRY(large_object_columns());
  if (columns.empty()) return {};
  if (keeper_) TRY(source_->join_snapshot(keeper_->id()));
  auto copied = copy_listed_large_objects(columns, stop);
  if (keeper_ && copied) TRY(source_->leave_snapshot());
  return copied;
}

Result<void> TaskRunner::copy_listed_large_objects(std::span<const LargeObjectColumn> columns,
                                                   const std::stop_token& stop) {
  uint64_t objects = 0, bytes_copied = 0;
  for (const uint32_t number : TRY(source_->list_large_objects(columns))) {
    if (stop.stop_requested()) return Failure(errors::stopped());
    ++objects;
    const Target::LargeObjectPlace place = TRY(target_->find_large_object(context_.task_id, number));
    if (place == Target::LargeObjectPlace::copied) continue;
    const uint64_t bytes = TRY(source_->large_object_size(number));
    if (place == Target::LargeObjectPlace::taken) {
      const bool equal = TRY(is_equal(*source_, *target_, number, bytes, stop));
      if (!equal) return Failure(errors::large_object_taken(number));
      continue;
    }
    TRY(copy_one(*source_, *target_, context_.task_id, number, bytes, stop));
    bytes_copied += bytes;
  }
  const std::string text = fmt::format(
      "{} large objects are on the target, {} of them copied now; changes to them are "
      "not captured.",
      human_count(objects), human_bytes(bytes_copied));
  log_info(Component::target_load, "{}", text);
  remark(text);
  return {};
}

}  // namespace godwit
