#pragma once
// A task in miniature, straight over the engine interfaces: plans tables one to one, as a task without rules does,
// loads their slices, applies their changes. Errors are exceptions (must()).

#include "mapping/row_plan.h"
#include "mapping/row_shape.h"
#include "pair.h"

namespace godwit::conformance {

// `sets` fails where the engine answers that sets do not fit; `sets_or_order` then replays in log order, as a task
// does.
enum class ApplyMode { sets, sets_or_order, in_order };

class Migration {
 public:
  static constexpr std::string_view task_id = "conformance";
  static constexpr uint64_t one_range = uint64_t{1} << 30U;  // bytes; no table of the suite is cut by it

  explicit Migration(Pair& quirks);

  // Describes the tables on the source, notes their slices, prepares the target's control tables.
  void plan(const std::vector<const TableSpec*>& tables, uint64_t range_bytes = one_range);
  // Snapshot and log position; the position is stored on the target.
  void begin_capture();
  // All slices of all tables, each in its own target transaction.
  void load();
  void load_slice(const TargetTable& table, const TableRange& range, Encoding encoding);
  // What the target takes and the source writes, the one the target likes best first; canonical alone where the plan
  // has something to do with values.
  std::vector<Encoding> encodings_of(const TargetTable& table) const;
  Encoding encoding_of(const TargetTable& table) const { return encodings_of(table)[0]; }
  // The batches of a slice as the target wants them, one after the other; false: no more.
  static std::function<bool(RowBatch&)> shaped(TableReader& reader, const TargetTable& table);
  // Every row of a slice, in batches as the target wants them, out of the snapshot.
  std::vector<RowBatch> read_slice(const TargetTable& table, const TableRange& range, Encoding encoding);
  // Applies what the source has committed by now, one target transaction for each of its own. A transaction that
  // cannot be applied is a failure of the test and left out; the others go on.
  void follow(ApplyMode mode);

  std::unique_ptr<Source> open_source(std::string_view role) const;
  std::unique_ptr<Target> open_target(std::string_view role) const;
  // Its batches are as the target wants them.
  std::unique_ptr<ChangeReader> open_reader(Source& session, const Position& after) const;
  CaptureSpec capture_spec() const;

  Source& source() { return *source_; }
  // Each session has one kind of work, as a task's have.
  Target& target() { return *target_; }  // structure and control tables
  Target& lane() { return *target_lane_; }
  Target& applier() { return *applier_; }
  const TargetTable& table(const TableSpec& spec) const;
  const TargetTable& table(size_t index) const { return tables_[index]; }
  const std::vector<TableRange>& ranges(const TableSpec& spec) const;
  const Snapshot& snapshot() const { return snapshot_; }
  Position position();

 private:
  void copy_slice(const TargetTable& table, const TableRange& range, Encoding encoding);

  Pair& quirks_;
  std::unique_ptr<Source> source_, lane_, capture_;
  std::unique_ptr<Target> target_, target_lane_, applier_;
  std::vector<TargetTable> tables_;
  std::vector<std::vector<TableRange>> ranges_;
  Snapshot snapshot_;
};

// A source transaction as it was delivered, perhaps over several batches.
struct Delivered {
  std::vector<std::shared_ptr<ChangeBatch>> batches;
  struct Part {
    const ChangeBatch* batch;
    TxnPart part;
  };
  std::vector<Part> parts;  // the last one is its commit
  const TxnPart& commit() const { return parts.back().part; }
  // The changes of the table at that index of the reader's list; truncations have no images.
  std::vector<ChangeView> views(uint32_t index, const TargetTable& table) const;
  size_t changes() const;
};

// Reads until every transaction that has committed before `until` is delivered; whole transactions, in the order they
// came.
std::vector<Delivered> read_until(ChangeReader& reader, const Source& source, const Position& until);

ChangeView view_of(const TargetTable& table, const ChangeBatch& batch, const Change& change);

// One target transaction for the source transaction.
void apply(ChangeWriter& writer, const Migration& migration, const Delivered& transaction, ApplyMode mode,
           const Position& expected);

// The changes of one table as net changes; each must have another key.
NetChanges net_of(const std::vector<ChangeView>& views);

}  // namespace godwit::conformance
