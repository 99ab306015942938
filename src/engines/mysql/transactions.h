#pragma once
// Events of a binlog to changes of followed tables, transaction by transaction (spec §5.1). Which server, which
// session, how long to wait: change_reader.h. Total: any events give changes or an error. One thread.
//
// A transaction begins with its GTID or BEGIN and ends behind its XID or COMMIT; a statement outside of one is its
// own. What an XA transaction changed is told where it is committed (prepared_rows.h).

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/change.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/binlog_stream.h"
#include "engines/mysql/followed_tables.h"
#include "engines/mysql/log_statement.h"
#include "engines/mysql/prepared_rows.h"
#include "engines/mysql/reader_memory.h"
#include "engines/mysql/structure_changes.h"

namespace godwit::mysql {

// The document of a structure change, and which step of its statement it is (structure_changes.h).
struct StructureDocument {
  uint32_t step = 1;
  std::string text;
};

struct DecoderOptions {
  std::string server;       // as positions name it (binlog_position.h)
  bool fold_names = false;  // lower_case_table_names is not 0
  // What an XA transaction changed can be neither renamed nor dropped before it ends: a table that came to the task
  // has no rows in one that was prepared before it came.
  bool xa_holds_tables = false;
  // False: only places are asked for. Then the commit of an XA transaction that is not known is no error, and
  // positions name all that are prepared, whatever they changed: whoever goes on from there may follow other tables.
  bool tells_rows = true;
  size_t prepared_bytes_max = 16U << 20U;
  // Opens the log a second time, to read again what was prepared.
  std::function<Result<std::unique_ptr<BinlogStream>>(const LogPlace&)> open_at;
  // The documents of a structure change. Without it a followed table that a statement names is suspended.
  std::function<std::vector<StructureDocument>(const DdlStatement&)> documents_of;
  std::shared_ptr<ReaderMemory> memory;
};

class LogDecoder {
 public:
  // `after`: what lies before it is passed over. By GTIDs (`by_gtid`) the server passes over it itself. Nothing is
  // told of a table whose `from` is the end of the log.
  LogDecoder(std::span<const CapturedTable> tables, std::span<const LogTable> facts, DecoderOptions options,
             const BinlogPosition& after, bool by_gtid);

  void start_batch(ChangeBatch& batch);
  // Sets read_to, if something was read since the last batch.
  void finish_batch(ChangeBatch& batch);

  Result<void> decode(const LoggedEvent& event, const LogFormat& format, ChangeBatch& batch);
  // Events are held back that come before the stream's next one; one at a call.
  bool has_more() const { return feed_ != nullptr || !told_.empty(); }
  Result<void> tell_more(ChangeBatch& batch);
  bool waits() const { return waits_; }
  void go_on() { waits_ = false; }
  bool in_transaction() const { return txn_.open; }
  // The transaction whose events are being read.
  struct UnderWay {
    Position start;  // all before it is done
    int64_t commit_us = 0;
  };
  std::optional<UnderWay> under_way();
  size_t batch_bytes() const { return batch_bytes_; }
  // Something was read since the batch began, if only that the log went on.
  bool moved() const { return moved_; }
  // Behind the last whole transaction.
  Position position() const;

 private:
  // How much of a transaction was told, or would have been.
  struct Told {
    uint64_t rows_events = 0;           // of those that came
    uint64_t changes = 0, lasting = 0;  // `lasting`: of tables without transactions
    uint64_t prepared = 0;              // rows events of followed tables, in an XA transaction
  };
  struct Savepoint {
    std::string name;  // in lower case
    Told at;
  };
  struct Transaction {
    bool open = false;
    bool begun = false;  // an end is to follow; else its one statement is the end
    bool in_xa = false;  // rows are kept
    bool part_open = false;
    bool lost = false;  // of what was handed over some did not happen: it is to be read again
    uint64_t rows_events = 0;
    std::vector<UndoneRows> undone;  // known not to have happened
    Told told;
    std::vector<Savepoint> savepoints;        // in their order; a name may come again
    std::vector<UndoneRows> undone_prepared;  // of the XA transaction that is being committed
    uint64_t prepared_rows = 0;
    uint32_t last_table = 0;
    // As GtidEvent says it.
    bool alters_nothing = false;
    uint32_t steps = 0;  // structure changes that were told
    LogPlace start;
    uint32_t began_s = 0;
    std::string name;  // made when first needed
    std::optional<Gtid> gtid;
    int64_t commit_us = 0;
    uint64_t number = 0;
    Position commit;  // made when first needed
  };

  Result<void> dispatch(const RawEvent& event, const LogFormat& format, ChangeBatch& batch);
  void open_transaction(const RawEvent& event);
  Result<void> end_transaction(ChangeBatch& batch);
  Result<void> gtid(const RawEvent& event, ChangeBatch& batch);
  Result<void> gtid_list(const RawEvent& event);
  Result<void> query(const RawEvent& event, ChangeBatch& batch);
  Result<void> statement(const QueryEvent& query, const LogStatement& statement, ChangeBatch& batch);
  Result<void> structure(const QueryEvent& query, const LogStatement& statement, ChangeBatch& batch);
  Result<DdlStatement> ddl_of(const QueryEvent& query, const LogStatement& statement);
  Result<void> tell_step(ChangeBatch& batch);
  Result<void> truncate(const LogStatement& statement, ChangeBatch& batch);
  Result<void> data_statement(const LogStatement& statement) const;
  Result<void> roll_back(ChangeBatch& batch);
  void set_savepoint(std::string_view name);
  void release_savepoint(std::string_view name);
  Result<void> roll_back_to(std::string_view name, ChangeBatch& batch);
  Result<void> table_map(const RawEvent& event, const LogFormat& format);
  Result<void> rows(const RawEvent& event, const LogFormat& format, ChangeBatch& batch);
  Result<void> xa_prepare(const RawEvent& event, ChangeBatch& batch);
  Result<void> xa_commit(const XaName& name, ChangeBatch& batch);
  Result<void> feed_prepared(PreparedRows prepared, const XaName& name);

  // Whether the current transaction's changes of this table are wanted.
  Result<bool> is_wanted(uint32_t table);
  bool is_undone(uint64_t rows_event);
  void open_part(ChangeBatch& batch);
  void add(ChangeBatch& batch, const Change& change);
  void count_told(uint32_t table);
  void suspend(uint32_t table, std::string what, ChangeBatch& batch);
  Result<void> undo(const Told& from, ChangeBatch& batch);
  bool take_back(const Told& from, ChangeBatch& batch);
  const std::string& transaction_name();
  const Position& commit_position();
  BinlogPosition here() const;
  Failure damaged(std::string_view what) const;

  DecoderOptions options_;
  FollowedTables tables_;
  std::vector<BinlogPosition> from_;  // by table
  std::vector<bool> reached_;         // by table: `from` lies behind us
  std::vector<bool> pending_;         // by table: `from` is the end of the log
  std::vector<bool> suspended_;
  const BinlogPosition after_;
  bool xa_known_;  // no XA transaction with rows of followed tables is unknown to us
  const bool by_place_;
  bool passing_;  // before `after_`
  bool gtids_known_;
  GtidSet executed_;
  LogPlace place_;                    // behind the last whole transaction
  LogPlace event_start_, event_end_;  // of the event under way, that of the stream
  std::string where_;
  Transaction txn_;
  PreparedTransactions prepared_;
  LogPlace committing_;  // where the XA transaction was prepared that is being told
  std::unique_ptr<EventFeed> feed_;
  bool feed_ends_transaction_ = false;
  std::deque<StructureDocument> told_;  // of the statement under way, those to come
  LogFormat format_;                    // of the stream, for what is kept of it
  std::string scratch_;
  bool moved_ = false, waits_ = false;
  bool told_place_ = false;  // read_to was set once
  size_t batch_bytes_ = 0;
};

}  // namespace godwit::mysql
