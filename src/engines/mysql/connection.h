#pragma once
// One connection to a server of the family by libmariadb, used by one thread. Statements go as text; a server's error
// becomes an Error classified by errors.h. A connection whose link is gone answers kind connection for ever.
//
// Session settings of every connection: UTC, utf8mb4, a strict sql_mode of ours (never the server's), REPEATABLE
// READ, no limit of rows, no statement timeout, long net timeouts (spec/engine-mysql.md §3, §10). They are set behind
// the scripts of the user's (session_settings.h).

#include <mysql.h>

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "data/table_def.h"
#include "engine/endpoint.h"
#include "engines/mysql/server_traits.h"

namespace godwit::mysql {

// A whole result set; cells are text, bytes where the column is binary. What is out of range reads as NULL.
class Rows {
 public:
  Rows() = default;
  explicit Rows(MYSQL_RES* result);
  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  // Where a column of that name is; nothing: none is.
  std::optional<size_t> column(std::string_view name) const;
  bool is_null(size_t row, size_t column) const { return !holds(row, column) || rows_[row].cells[column] == nullptr; }
  std::string_view get(size_t row, size_t column) const {
    return is_null(row, column) ? std::string_view()
                                : std::string_view(rows_[row].cells[column], rows_[row].lengths[column]);
  }
  std::string text(size_t row, size_t column) const { return std::string(get(row, column)); }
  int64_t integer(size_t row, size_t column) const;  // 0 for NULL or what is no number
  uint64_t unsigned_integer(size_t row, size_t column) const;

 private:
  bool holds(size_t row, size_t column) const { return row < rows_.size() && column < rows_[row].lengths.size(); }
  struct Row {
    MYSQL_ROW cells;
    std::vector<unsigned long> lengths;
  };
  std::shared_ptr<MYSQL_RES> result_;
  std::vector<Row> rows_;
};

// What a statement did.
struct Done {
  uint64_t affected = 0;  // rows found by an UPDATE's WHERE, whether their values changed or not
  uint64_t insert_id = 0;
  unsigned warnings = 0;
};

struct ConnectOptions {
  std::string tag;  // SessionOptions::tag and role: in the session's attributes, by which leftovers are found
  std::string role;
  std::string database;         // chosen at once; empty: none
  bool local_infile = false;    // the session may LOAD DATA LOCAL, from memory alone
  bool scripts = false;         // it may run_script()
  bool read_only = false;       // transactions that would write are refused
  unsigned read_timeout_s = 0;  // for a statement's answer, or what is missing of a packet; 0: none
};

class Connection {
 public:
  static Result<Connection> open(const Endpoint& endpoint, const ConnectOptions& options);
  Connection() = default;

  Result<Rows> query(const std::string& sql);
  Result<Done> run(const std::string& sql);

  // Statements without rows, a semicolon between them, in one packet: what each did, up to the first that fails.
  Result<void> run_script(const std::string& sql, std::vector<Done>& done);
  // A user's statements of any kind, a semicolon between them; what they answer is let go.
  Result<void> run_users_script(const std::string& sql);
  // run() in two steps.
  Result<void> send(const std::string& sql);
  Result<Done> receive();

  // A query whose rows are read one by one as the server sends them; every other call waits until next_row() has
  // answered false or end_stream() was called.
  Result<unsigned> stream(const std::string& sql);  // the number of columns
  // False: no more. The cells are valid until the next call.
  Result<bool> next_row(MYSQL_ROW& cells, const unsigned long*& lengths);
  void end_stream();

  // LOAD DATA LOCAL INFILE '…': `next` fills a buffer of `capacity` bytes and answers how many, 0 at the end. Opened
  // with local_infile. The statement names any file; the server never sees one.
  struct InfileSource {
    virtual ~InfileSource() = default;
    virtual Result<size_t> next(char* buffer, size_t capacity) = 0;
  };
  Result<Done> load(const std::string& sql, InfileSource& source);

  // The raw protocol, for following the binlog (spec/engine-mysql.md §4). After a dump command nothing else may be
  // done here. read_packet: an empty view when nothing came within `wait_ms`; the bytes are valid until the next
  // call.
  Result<void> send_command(enum enum_server_command command, std::string_view payload, bool answers);
  Result<std::string_view> read_packet(int wait_ms, const std::stop_token& stop);

  // Ends the statement that runs on this connection (KILL QUERY by another one), or where that cannot be, cuts the
  // connection; callable from any thread.
  void interrupt() const;
  uint64_t thread_id() const;
  const ServerTraits& traits() const { return traits_; }
  bool broken() const { return broken_ || handle_ == nullptr; }
  MYSQL* raw() const { return handle_.get(); }

 private:
  Error last_error();
  Result<void> prepare_session(bool read_only);
  Result<void> drain(const std::string& sql);

  struct Close {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
  };
  std::unique_ptr<MYSQL, Close> handle_;
  std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> streamed_{nullptr, mysql_free_result};
  std::shared_ptr<const Endpoint> endpoint_;
  ServerTraits traits_;
  bool broken_ = false;
  bool awaits_answer_ = false;  // of send()
};

// A transaction that is rolled back unless it is committed.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& session);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  Result<void> commit();

 private:
  explicit Transaction(Connection* session) : session_(session) {}
  Connection* session_;
};

// SQL text of names and values.
std::string quote_name(std::string_view name);     // `a``b`
std::string quote_name(const TableRef& table);     // `s`.`t`
std::string quote_literal(std::string_view text);  // 'it\'s': the sessions' sql_mode leaves backslashes their meaning
std::string hex_literal(std::string_view bytes);   // X'00FF'

}  // namespace godwit::mysql
