#include "store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <expected>
#include <thread>

#include "store/errors.h"
#include "store/migrations.h"

namespace godwit {
namespace {

constexpr int busy_timeout_ms = 5'000;
constexpr size_t statements_max = 400;  // kept prepared; lists of filters make new texts without end

// A statement that is done for now holds neither a place in its rows nor its values.
class Resting {
 public:
  explicit Resting(sqlite3_stmt* statement) : statement_(statement) {}
  ~Resting() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Resting(const Resting&) = delete;
  Resting& operator=(const Resting&) = delete;

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
    int operator()(int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
    int operator()(std::string_view text) const {  // an empty view may have no address, which would mean NULL
      return sqlite3_bind_text64(statement, index, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    }
    int operator()(std::span<const std::byte> bytes) const {
      return sqlite3_bind_blob64(statement, index, bytes.empty() ? static_cast<const void*>("") : bytes.data(),
                                 bytes.size(), SQLITE_TRANSIENT);
    }
  };
  return std::visit(Binder{statement, index}, value);
}

enum class LockFailure { in_use, failed };

// Held while the server runs, so that a second one on the same store is refused.
std::expected<int, LockFailure> lock_beside(const std::string& path, std::chrono::milliseconds wait_at_most) {
  constexpr std::chrono::milliseconds pause{50};
  const int file = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(LockFailure::failed);
  for (auto left = wait_at_most; ::flock(file, LOCK_EX | LOCK_NB) != 0; left -= pause) {
    const int why = errno;
    if (why == EWOULDBLOCK && left > pause) {
      std::this_thread::sleep_for(pause);
      continue;
    }
    ::close(file);
    errno = why;
    return std::unexpected(why == EWOULDBLOCK ? LockFailure::in_use : LockFailure::failed);
  }
  return file;
}

}  // namespace

bool Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Row::number(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Row::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<int64_t> Row::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}
std::optional<std::string> Row::maybe_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::vector<std::byte> Row::bytes(int column) const {
  const auto* first = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {first, first + sqlite3_column_bytes(statement_, column)};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  if (path == ":memory:") return open_locked(path, -1);
  // A `godwit keys` that just ends holds the lock for a moment.
  const auto lock = lock_beside(path, std::chrono::milliseconds(500));
  if (lock) return open_locked(path, *lock);
  if (lock.error() == LockFailure::in_use) return Failure(store_in_use(path));
  return Failure(store_not_opened(path, std::strerror(errno)));
}

Result<std::unique_ptr<Database>> Database::open_beside(const std::string& path) {
  const auto lock = lock_beside(path, std::chrono::milliseconds(0));
  if (lock) return open_locked(path, *lock);
  if (lock.error() == LockFailure::failed) return Failure(store_not_opened(path, std::strerror(errno)));
  auto database = TRY(connect(path, -1));
  const int64_t version = TRY(database->schema_version());
  const auto ours = static_cast<int64_t>(store_migrations().size());
  if (version != ours) return Failure(store_of_another_server(path, version, ours));
  return database;
}

Result<std::unique_ptr<Database>> Database::open_locked(const std::string& path, int lock) {
  auto database = TRY(connect(path, lock));
  TRY(database->migrate());
  return database;
}

Result<std::unique_ptr<Database>> Database::connect(const std::string& path, int lock) {
  const mode_t mask = ::umask(0077);
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  ::umask(mask);
  std::unique_ptr<Database> database(new Database(path, connection));
  database->lock_ = lock;
  if (code != SQLITE_OK) return Failure(store_not_opened(path, sqlite3_errstr(code)));
  TRY(database->configure());
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
  if (lock_ >= 0) ::close(lock_);
}

Result<void> Database::configure() {
  sqlite3_busy_timeout(connection_, busy_timeout_ms);
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                             "PRAGMA secure_delete = ON"})
    if (sqlite3_exec(connection_, pragma, nullptr, nullptr, nullptr) != SQLITE_OK)
      return Failure(store_not_opened(path_, sqlite3_errmsg(connection_)));
  return {};
}

Result<int64_t> Database::schema_version() {
  int64_t version = 0;
  TRY(each("PRAGMA user_version", {}, [&](const Row& row) { version = row.integer(0); }));
  return version;
}

Result<void> Database::migrate() {
  const auto versions = store_migrations();
  const auto ours = static_cast<int64_t>(versions.size());
  const int64_t found = TRY(schema_version());
  if (found > ours) return Failure(store_of_a_later_version(path_, found, ours));
  for (int64_t version = found; version < ours; ++version)
    TRY(atomically([&]() -> Result<void> {
      for (const std::string_view statement : versions[static_cast<size_t>(version)]) TRY(run(statement));
      TRY(run("PRAGMA user_version = " + std::to_string(version + 1)));
      return {};
    }));
  return {};
}

Error Database::failed(std::string_view doing) const {
  return store_failed(path_, doing, sqlite3_errmsg(connection_));
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  const auto known = statements_.find(std::string(sql));
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    return Failure(failed(sql));
  if (statements_.size() >= statements_max) forget_statements();
  statements_.emplace(sql, statement);
  return statement;
}

void Database::forget_statements() {
  std::erase_if(statements_, [](const auto& known) {
    if (sqlite3_stmt_busy(known.second) != 0) return false;
    sqlite3_finalize(known.second);
    return true;
  });
}

Result<sqlite3_stmt*> Database::bound(std::string_view sql, std::span<const SqlValue> values) {
  sqlite3_stmt* statement = TRY(prepared(sql));
  for (size_t i = 0; i < values.size(); ++i)
    if (bind(statement, static_cast<int>(i + 1), values[i]) != SQLITE_OK) return Failure(failed(sql));
  return statement;
}

Result<int64_t> Database::run(std::string_view sql, std::span<const SqlValue> values) {
  const std::lock_guard lock(mutex_);
  sqlite3_stmt* statement = TRY(bound(sql, values));
  const Resting afterwards(statement);
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return Failure(failed(sql));
  return sqlite3_changes64(connection_);
}

Result<void> Database::each(std::string_view sql, std::span<const SqlValue> values,
                            const std::function<void(const Row&)>& take) {
  const std::lock_guard lock(mutex_);
  sqlite3_stmt* statement = TRY(bound(sql, values));
  const Resting afterwards(statement);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) take(Row(statement));
  if (code != SQLITE_DONE) return Failure(failed(sql));
  return {};
}

Result<void> Database::begin() {
  if (depth_ == 0) {
    doomed_ = false;
    TRY(run("BEGIN IMMEDIATE"));
  }
  ++depth_;
  return {};
}

Result<void> Database::commit() {
  if (--depth_ > 0) return {};
  if (!doomed_) {
    auto committed = run("COMMIT");
    if (committed) return {};
    (void)run("ROLLBACK");
    return Failure(std::move(committed).error());
  }
  (void)run("ROLLBACK");
  return Failure(store_failed(path_, "COMMIT", "a part of the transaction failed"));
}

void Database::roll_back() {
  doomed_ = true;
  if (--depth_ == 0) (void)run("ROLLBACK");
}

}  // namespace godwit
