#pragma once
// The apply stage: takes changes from the spool, commits them in windows of whole source transactions together with
// the position, and tells capture what the target holds for sure (engine.md §7, §8). Runs on the caller's thread.
//
// The window adapts to the backlog: with none, each source transaction is committed at once; with one, windows grow
// up to Godwit's budget. A transaction larger than the budget is applied in several pieces inside one target
// transaction. A window whose transaction the target rolls back for a replay (task/replay.h) is applied again from
// memory, and the next ones are smaller for a while.

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>

#include "task/capture.h"
#include "task/context.h"
#include "task/replay.h"
#include "task/spool.h"
#include "task/window.h"
#include "task/window_applier.h"

namespace godwit {

// When to stop by itself; more than one may be set.
struct StopRule {
  std::optional<Position> caught_up;      // everything before it is applied
  std::optional<Position> no_further;     // with it: and no transaction that commits at or after it is
  std::optional<Position> position;       // no transaction that commits at or after it
  std::optional<int64_t> commit_time_us;  // no transaction that commits later on the source's clock
  std::optional<int64_t> server_time_us;  // this host's clock
};

enum class ApplyEnd { asked, caught_up, position, commit_time, server_time, structure, reload };

class Apply {
 public:
  struct Parts {
    const TaskContext* context;
    RecordStore* record;
    Source* source;  // for the order of positions, clocks and heartbeats
    std::unique_ptr<Target> session;
    Spool* spool;
    Capture* capture;
    std::vector<Position> snapshots;  // per table; see WindowApplier
    std::vector<bool> held_rows;
    std::vector<bool> in_log_order;
    std::vector<std::vector<uint32_t>> hanging;
    Position start;                             // the stored position
    bool carefully = false;                     // the first window failed at its commit before
    std::function<bool()> is_called_away = {};  // between windows: run() ends with ApplyEnd::reload
  };
  static Result<std::unique_ptr<Apply>> open(Parts parts);
  ~Apply();
  Apply(const Apply&) = delete;
  Apply& operator=(const Apply&) = delete;

  Result<ApplyEnd> run(const StopRule& rule, const std::stop_token& stop);
  // Makes everything committed so far durable and tells capture.
  Result<void> settle();
  Position position() const { return position_; }
  // After ApplyEnd::structure: the structure change that comes next; all before it is applied.
  const SchemaEvent& structure_event() const { return schema_.front(); }
  // Moves the position behind it, with what `work` does in the same target transaction, and forgets it.
  Result<void> pass_structure(const std::function<Result<void>(ChangeWriter&)>& work);
  // Whether something has left the spool: it may be lost with this object.
  bool has_taken() const { return has_taken_; }
  bool made_progress() const { return made_progress_; }
  bool needs_care() const { return needs_care_; }

 private:
  explicit Apply(Parts parts, std::unique_ptr<ChangeWriter> writer);
  Result<ApplyEnd> leave(ApplyEnd end);
  Result<std::optional<ApplyEnd>> step(const StopRule& rule);
  Result<std::optional<ApplyEnd>> step_unless_stopped(const StopRule& rule, const std::stop_token& stop);
  void take_schema();
  Result<void> look_for_border(const StopRule& rule);
  Result<std::optional<ApplyEnd>> stand_at_border(const StopRule& rule);
  bool is_held(const StopRule& rule) const;
  bool lies_behind(const StopRule& rule, const Position& commit, int64_t commit_us) const;
  Result<void> suspend_changed_tables(const Position& next);
  Result<void> suspend(const SchemaEvent& event);
  Result<bool> meets_structure(const StopRule& rule, bool& reached);
  Result<void> suspend_untold_tables();
  bool replays(const Error& error, const std::stop_token& stop);
  bool window_is_full() const;
  size_t shortened(size_t parts) const;
  size_t parts_before(const StopRule& rule, bool& reached);
  bool window_is_due() const;
  Result<void> flush(size_t parts);
  Result<void> apply_parts(size_t parts);
  Result<void> apply_piece(size_t parts);
  Result<void> commit(const Position& next, int64_t commit_us, uint64_t transactions, size_t parts);
  Result<void> note_idle(const StopRule& rule);
  Result<void> release(bool force);
  Result<std::optional<ApplyEnd>> reached(const StopRule& rule);
  Result<void> housekeeping();
  Result<void> look_at_log_end();
  void roll_back();
  void forget_parts(size_t parts);
  void tell_window(uint64_t transactions);
  void publish(uint64_t transactions);
  void publish_backlog();

  Parts parts_;
  std::unique_ptr<ChangeWriter> writer_;
  WindowApplier applier_;
  Window window_;
  std::deque<SchemaEvent> schema_;  // not yet passed by the position
  Position position_, read_to_, commit_time_mark_;
  std::optional<CommitBorder> border_;  // of a stop at a commit time, as far as it is known
  bool border_unknown_ = false;         // and cannot be had: own commits decide
  bool open_ = false;                   // a target transaction is open
  bool pieces_gone_ = false;            // and holds changes that are no longer in memory
  Replays replays_;
  bool replaying_ = false;   // what stands in the window has failed: it is done before more is taken
  size_t window_parts_ = 0;  // how many parts the last window had
  size_t parts_max_ = std::numeric_limits<size_t>::max();
  bool has_taken_ = false, made_progress_ = false, needs_care_ = false;
  int64_t window_since_ms_ = 0, last_release_ms_ = 0, last_idle_ms_ = 0, last_beat_ms_ = 0, last_look_ms_ = 0;
  ErrorTally::Counts errors_met_;  // at the last commit
  int64_t begun_ms_ = 0;           // the target transaction that is open
  int64_t applied_us_ = 0, oldest_waiting_us_ = 0;
  uint64_t uncommitted_changes_ = 0, uncommitted_bytes_ = 0;  // written in the open target transaction
  // Ends of the log that capture, and the stored position, have not reached yet; taken once a second.
  std::optional<LogEnd> end_to_read_, end_to_apply_;
  int64_t last_end_ms_ = 0, unreached_since_ms_ = 0, proven_us_ = 0;
};

}  // namespace godwit
