#pragma once
// Named places where a test may kill, stall or fail the worker. GODWIT_FAILPOINT=<name>[@n]=<action> in the
// environment arms one: the n-th pass (default the first) does the action: `kill` (SIGKILL to this process), `pause`
// (wait until the file $GODWIT_FAILPOINT_FILE exists), `fail` (failpoint() answers true and the caller takes its
// error path). Unarmed, a pass costs one load of an atomic bool.

#include <span>
#include <string_view>

namespace godwit {

// Every name there is, so that a test can kill at each.
std::span<const std::string_view> failpoint_names();

namespace failpoints {
inline constexpr std::string_view slot_made = "slot-made";
inline constexpr std::string_view keeper_up = "keeper-up";
inline constexpr std::string_view objects_dropped = "objects-dropped";
inline constexpr std::string_view target_prepared = "target-prepared";
inline constexpr std::string_view slice_half_way = "slice-half-way";
inline constexpr std::string_view slice_before_commit = "slice-before-commit";
inline constexpr std::string_view slice_commit_sent = "slice-commit-sent";
inline constexpr std::string_view large_object_half_way = "large-object-half-way";
inline constexpr std::string_view merge_half_way = "merge-half-way";
inline constexpr std::string_view index_build = "index-build";
inline constexpr std::string_view load_done = "load-done";
inline constexpr std::string_view before_catch_up = "before-catch-up";
inline constexpr std::string_view window_half_way = "window-half-way";
inline constexpr std::string_view window_commit_sent = "window-commit-sent";
inline constexpr std::string_view window_committed = "window-committed";
inline constexpr std::string_view spool_segment_roll = "spool-segment-roll";
inline constexpr std::string_view foreign_keys = "foreign-keys";
inline constexpr std::string_view structure_change = "structure-change";
// Where the target's statements commit by themselves.
inline constexpr std::string_view structure_committed = "structure-committed";
inline constexpr std::string_view structure_changed = "structure-changed";
// A table that a user wants loaded again: its order is in the record; its new snapshot is, and its rows still stand.
inline constexpr std::string_view reload_taken = "reload-taken";
inline constexpr std::string_view reload_recorded = "reload-recorded";
inline constexpr std::string_view spool_write = "spool-write";
}  // namespace failpoints

// True when the armed action is `fail` and this pass is the one.
bool failpoint(std::string_view name);

}  // namespace godwit
