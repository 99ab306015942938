#pragma once
// The server's own database: one SQLite file (WAL, synchronous=FULL, so that what a call answered survives a power
// cut). Every other file of store/ holds the SQL of one resource and works through this class.
//
// Threads: any. One connection behind one lock; a call holds it for its statement, atomically() for its whole body. A
// Row is valid inside its callback only.
// Errors: kind resource with code "store.…"; the message names the file and SQLite's own words.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace godwit {

// A value bound to a '?'. Texts and blobs are copied by SQLite before the call returns.
using SqlValue = std::variant<std::nullptr_t, int64_t, double, std::string_view, std::span<const std::byte>>;

// Which part of a list is asked for: rows after this key, at most `limit` of them.
struct ListPage {
  int64_t limit = -1;  // -1: all
  std::optional<int64_t> after_created_us{};
  std::string after_identifier{};
};

class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  int64_t integer(int column) const;  // 0 for NULL
  double number(int column) const;
  std::string text(int column) const;  // empty for NULL
  std::optional<int64_t> maybe_integer(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::vector<std::byte> bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Makes the file (0600) and brings its schema to this version; ":memory:" for tests. Refuses a file of a later
  // version, and one that another server has open.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  // For a command that works for a moment: beside a running server, whose store must have this version's schema; as
  // open() where none runs. What is written is seen by the server's next statement.
  static Result<std::unique_ptr<Database>> open_beside(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement, for its effect; answers the number of rows changed.
  Result<int64_t> run(std::string_view sql, std::span<const SqlValue> values = {});
  Result<int64_t> run(std::string_view sql, std::initializer_list<SqlValue> values) {
    return run(sql, std::span(values.begin(), values.size()));
  }
  // One query; `take` is called for each row.
  Result<void> each(std::string_view sql, std::span<const SqlValue> values,
                    const std::function<void(const Row&)>& take);
  Result<void> each(std::string_view sql, std::initializer_list<SqlValue> values,
                    const std::function<void(const Row&)>& take) {
    return each(sql, std::span(values.begin(), values.size()), take);
  }
  // Everything that `body` does, or nothing of it when it answers an error or throws. May be nested: the outermost
  // one commits.
  template <class Body>
  auto atomically(Body&& body) -> decltype(body()) {
    const std::lock_guard lock(mutex_);
    if (auto begun = begin(); !begun) return Failure(std::move(begun).error());
    RollBack unless_done{*this};
    auto result = body();
    if (!result) return result;
    unless_done.is_needed = false;
    if (auto committed = commit(); !committed) return Failure(std::move(committed).error());
    return result;
  }

 private:
  Database(std::string path, sqlite3* connection) : path_(std::move(path)), connection_(connection) {}
  static Result<std::unique_ptr<Database>> open_locked(const std::string& path, int lock);
  static Result<std::unique_ptr<Database>> connect(const std::string& path, int lock);
  Result<void> configure();
  Result<void> migrate();
  Result<int64_t> schema_version();
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  Result<sqlite3_stmt*> bound(std::string_view sql, std::span<const SqlValue> values);
  Result<void> begin();
  Result<void> commit();
  void roll_back();
  Error failed(std::string_view doing) const;
  void forget_statements();

  struct RollBack {
    Database& database;
    bool is_needed = true;
    ~RollBack() {
      if (is_needed) database.roll_back();
    }
  };

  const std::string path_;
  sqlite3* connection_;
  std::recursive_mutex mutex_;
  int depth_ = 0;        // of atomically()
  bool doomed_ = false;  // an inner body failed, so the outermost one cannot commit
  int lock_ = -1;        // descriptor that holds the lock against a second server
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace godwit
