#pragma once
// Decodes the lines of the test_decoding plugin, sent with their transactions' ids and times
// (spec/engine-postgresql.md §6).
//
// When a transaction committed is said by its last line alone, and everything downstream wants it from the first
// change on. So the lines of a transaction are held back until its COMMIT and told then, by tell_more(), as fast as
// they are taken. A transaction with more lines than may be held is read to its COMMIT and forgotten but for that:
// the stream is opened again before it (wants_restart()), and it is told as it comes.

#include <optional>
#include <string>
#include <unordered_map>

#include "base/byte_buffer.h"
#include "engines/postgres/stream_decoder.h"
#include "engines/postgres/test_decoding_text.h"

namespace godwit::postgres {

class TestDecodingDecoder : public StreamDecoder {
 public:
  static constexpr size_t held_bytes_default = 32U << 20U;
  TestDecodingDecoder(std::span<const CapturedTable> tables, const DecoderServices& services,
                      std::optional<AuditTable> audit = {}, size_t held_bytes_max = held_bytes_default);

  Result<void> decode(std::string_view message, Lsn at, ChangeBatch& batch) override;
  bool has_more() const override { return stage_ == Stage::telling; }
  Result<void> tell_more(ChangeBatch& batch) override;
  bool wants_restart() const override { return wants_restart_; }
  void forget_strangers() override;
  void stream_restarts() override;
  bool in_transaction() const override { return stage_ != Stage::between; }

 private:
  // between: outside transactions; holding: its lines are kept; skipping: they are too many, only its end is waited
  // for; telling: its lines are told out of what was held; live: they are told as they come.
  enum class Stage : uint8_t { between, holding, skipping, telling, live };
  struct Ending {
    uint64_t xid = 0;
    Lsn end = 0;
    int64_t commit_us = 0;
  };
  struct Known {
    TableRef name;
    std::optional<Place> place;
    Relation relation;
    // Per column of the stream: its name, and what stands before its value.
    std::vector<std::string> names, heads;
  };
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  Result<void> begin(std::string_view line);
  Result<void> commit(std::string_view line, Lsn at, ChangeBatch& batch);
  Result<void> start_telling(const Ending& ending);
  Result<void> end_telling(Lsn end, ChangeBatch& batch);
  Result<void> hold(std::string_view line);
  bool is_foreign(std::string_view line) const;
  Result<void> change(std::string_view line, ChangeBatch& batch);
  Result<Known*> find(std::string_view name);
  Result<void> insert(std::string_view row, Known& known, ChangeBatch& batch);
  Result<void> update(std::string_view rows, Known& known, ChangeBatch& batch);
  Result<void> erase(std::string_view row, Known& known, ChangeBatch& batch);
  Result<void> truncate(std::string_view tables, ChangeBatch& batch);

  void meet_columns(Known& known, std::span<const text_line::ColumnHead> columns);
  std::string type_misfit(const Known& known, std::span<const text_line::ColumnHead> columns) const;
  Result<std::optional<size_t>> find_column_in(std::string_view text, size_t next, Known& known, ChangeBatch& batch);
  Result<std::optional<uint32_t>> new_row(std::string_view text, Known& known, ChangeBatch& batch);
  Result<std::optional<uint32_t>> try_new_row(std::string_view text, Known& known, ChangeBatch& batch);
  Result<std::optional<uint32_t>> old_row(std::string_view& text, Known& known, ChangeBatch& batch);
  std::string identity_gap(const Known& known, const RowBatch& image) const;
  Result<void> take_value(std::string_view& text, const Known& known, size_t sent, bool old, RowBatch& image);
  // Stops the table's delivery.
  Result<std::optional<uint32_t>> give_up(Known& known, std::string misfit, ChangeBatch& batch);

  const DecoderServices services_;
  const size_t held_bytes_max_;
  std::unordered_map<std::string, Known, NameHash, std::equal_to<>> known_;
  Stage stage_ = Stage::between;
  bool wants_restart_ = false;
  ByteBuffer held_;            // lines, each behind its length in four bytes; empty ones for tables of no interest
  size_t told_ = 0;            // of held_, by tell_more()
  Ending ending_;              // of the transaction under way, as far as it is known
  bool ending_known_ = false;  // of the next transaction, which was skipped before
  std::string scratch_;
};

}  // namespace godwit::postgres
