#include "engines/postgres/table_reader.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr size_t batch_bytes = 1U << 20U;
constexpr std::string_view binary_signature("PGCOPY\n\377\r\n\0", 11);

Error stopped() {
  return {ErrorKind::stopped, "stopped", "the read was stopped", ""};
}

// The header of COPY binary: signature, flags, length of an extension and the extension.
bool strip_header(std::string_view& message) {
  if (!message.starts_with(binary_signature)) return false;
  ByteReader in(message.substr(binary_signature.size()));
  uint32_t flags = 0, extension = 0;
  std::string_view skipped;
  if (!in.u32(flags) || !in.u32(extension) || !in.bytes(extension, skipped)) return false;
  message = message.substr(message.size() - in.left());
  return true;
}

}  // namespace

PostgresTableReader::PostgresTableReader(Connection& connection, Options options,
                                         std::shared_ptr<const TableDef> layout)
    : connection_(connection),
      options_(std::move(options)),
      layout_(std::move(layout)),
      binary_rows_([this](std::span<const BinaryValue> values) { return texts_of(values); }) {}

Result<std::unique_ptr<TableReader>> PostgresTableReader::open(Connection& connection, const std::string& sql,
                                                               Options options,
                                                               std::shared_ptr<const TableDef> layout) {
  TRY(connection.query(options.behind.empty() ? sql : sql + "; " + options.behind));
  return std::unique_ptr<TableReader>(new PostgresTableReader(connection, std::move(options), std::move(layout)));
}

Result<std::vector<std::string>> PostgresTableReader::texts_of(std::span<const BinaryValue> values) {
  if (!session_) session_ = TRY(options_.open_session());
  return texts_by_server(*session_, values);
}

PostgresTableReader::~PostgresTableReader() {
  if (done_ || connection_.broken()) return;
  connection_.cancel();
  char* raw = nullptr;
  while (PQgetCopyData(connection_.raw(), &raw, 0) > 0) PQfreemem(raw);
  while (PGresult* rest = PQgetResult(connection_.raw())) PQclear(rest);
}

Result<bool> PostgresTableReader::read(RowBatch& batch, std::stop_token stop) {
  batch.clear();
  batch.layout = layout_;
  batch.encoding = options_.encoding;
  if (done_) return false;
  const bool more = TRY(fill(batch, stop));
  TRY(binary_rows_.finish(batch));
  return more;
}

Result<bool> PostgresTableReader::fill(RowBatch& batch, const std::stop_token& stop) {
  while (batch.arena.size() < batch_bytes) {
    char* raw = nullptr;
    const int length = PQgetCopyData(connection_.raw(), &raw, 1);
    if (length > 0) {
      const std::unique_ptr<char, void (*)(void*)> owned(raw, PQfreemem);
      TRY(take({raw, static_cast<size_t>(length)}, batch));
      continue;
    }
    if (length < 0) {
      TRY(end());
      return batch.rows > 0;
    }
    if (stop.stop_requested()) return Failure(stopped());
    if (!connection_.wait_readable(1000, stop)) return Failure(connection_.connection_error());
    if (PQconsumeInput(connection_.raw()) == 0) return Failure(connection_.connection_error());
  }
  return true;
}

Result<void> PostgresTableReader::take(std::string_view message, RowBatch& batch) {
  if (options_.binary) {
    if (!header_seen_ && !strip_header(message))
      return Failure(errors::bad_stream("COPY binary without its header", to_string(layout_->ref)));
    header_seen_ = true;
    if (message.empty() || message == std::string_view("\377\377", 2)) return {};
  }
  ++rows_seen_;
  if (options_.encoding == Encoding::canonical) {
    if (options_.binary) return binary_rows_.append(batch, message);
    if (append_line(batch, message)) return {};
    return Failure(errors::bad_stream("a COPY line of unknown shape", to_string(layout_->ref)));
  }
  batch.arena.append(message);
  ++batch.rows;
  return {};
}

Result<void> PostgresTableReader::end() {
  done_ = true;
  const Rows result(PQgetResult(connection_.raw()));
  if (result.raw() == nullptr || PQresultStatus(result.raw()) != PGRES_COMMAND_OK)
    return Failure(connection_.error_of(result.raw()));
  rows_sent_ = result.affected();
  TRY(end_behind());
  if (rows_sent_ != rows_seen_)
    return Failure(errors::bad_stream(fmt::format("COPY sent {} rows and reported {}", rows_seen_, rows_sent_),
                                      to_string(layout_->ref)));
  return {};
}

// What comes behind the COPY, up to the end of the command.
Result<void> PostgresTableReader::end_behind() {
  bool holds = options_.behind.empty();
  std::optional<Error> failure;
  while (PGresult* raw = PQgetResult(connection_.raw())) {
    const Rows rest(raw);
    if (PQresultStatus(raw) == PGRES_TUPLES_OK && rest.size() == 1)
      holds = rest.boolean(0, 0);
    else if (!failure)
      failure = connection_.error_of(raw);
  }
  if (failure) return Failure(std::move(*failure));
  return holds ? Result<void>() : Result<void>(Failure(options_.otherwise));
}

}  // namespace godwit::postgres
