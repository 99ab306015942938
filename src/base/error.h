#pragma once
// The one error value that crosses module borders. A message says what happened, where (table, key, position), why,
// and what to do. It never holds a secret or a row's values. Each message has one named constructor, in an errors.h
// of its folder.

#include <string>
#include <string_view>

namespace godwit {

// What the caller can do about an error; task/error_policy turns a kind into an action.
enum class ErrorKind {
  usage,          // the command line or a document is wrong; exit status 2
  prerequisite,   // a server lacks what the task needs; nothing was moved
  connection,     // the connection is gone or was refused; a retry may help
  transient,      // deadlock, lock timeout, serialization: replay the transaction
  resource,       // disk, memory, connection slots
  data,           // one row's value was refused
  conflict,       // one row collided with a constraint
  table,          // one table cannot go on
  superseded,     // another worker holds the task, or went further
  snapshot_lost,  // the snapshot of a load cannot be joined any more
  stopped,        // a stop was asked for
  fatal,          // the task cannot go on
};

struct Error {
  ErrorKind kind = ErrorKind::fatal;
  std::string code;      // stable, lower-case, dotted: "postgres.wal_level"
  std::string message;   // for people
  std::string sqlstate;  // five characters where a server said it, else empty
  std::string said{};    // the server's own words where they may hold values: for the exception tables alone
};

// What the exception tables are told of it.
const std::string& words_for_exceptions(const Error& error);

std::string_view to_string(ErrorKind kind);

// True when the same step may succeed later without anybody acting.
bool is_recoverable(const Error& error);

// The same error with a sentence of context put before its message.
Error in_context(Error error, std::string_view context);

}  // namespace godwit
