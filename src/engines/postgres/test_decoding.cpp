#include "engines/postgres/test_decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace godwit::postgres {
namespace {

// What is held of a large transaction is given back once it is told.
constexpr size_t held_bytes_kept = 1U << 20U;

constexpr std::string_view table_mark = "table ";
constexpr std::string_view truncate_mark = ": TRUNCATE: ";
constexpr std::string_view no_row_text = " (no-tuple-data)";
constexpr std::string_view new_row_mark = " new-tuple:";

}  // namespace

TestDecodingDecoder::TestDecodingDecoder(std::span<const CapturedTable> tables, const DecoderServices& services,
                                         std::optional<AuditTable> audit, size_t held_bytes_max)
    : StreamDecoder(tables, services.texts, std::move(audit)), services_(services), held_bytes_max_(held_bytes_max) {}

// --- transactions ----------------------------------------------------------------------------------------------

Result<void> TestDecodingDecoder::decode(std::string_view message, Lsn at, ChangeBatch& batch) {
  if (stage_ == Stage::telling) return damaged("a line before the ones that were held are told");
  if (message.starts_with(table_mark)) {
    if (stage_ == Stage::between) return damaged("a change outside a transaction");
    if (stage_ == Stage::live) return change(message, batch);
    return stage_ == Stage::holding ? hold(message) : Result<void>();
  }
  if (message.starts_with("BEGIN")) return begin(message);
  if (message.starts_with("COMMIT ")) return commit(message, at, batch);
  if (message.starts_with("message: ") || message.starts_with("sequence ")) return {};  // applications' own
  return damaged("a line of unknown form");
}

Result<void> TestDecodingDecoder::begin(std::string_view line) {
  text_line::Begin begun;
  if (!text_line::begin(line, begun)) return damaged("a BEGIN line of unknown form");
  if (stage_ != Stage::between) return damaged("a BEGIN inside a transaction");
  held_.clear();
  if (!ending_known_) {
    ending_ = {begun.xid, 0, 0};
    stage_ = Stage::holding;
    return {};
  }
  if (begun.xid != ending_.xid) return damaged("another transaction than the one that was skipped");
  TRY(begin_transaction(ending_.end - 1, ending_.commit_us, ending_.xid));
  stage_ = Stage::live;
  return {};
}

// Of a table outside the task nothing but that there was a change is of interest. A name that was not met yet is not
// looked up here: what stands before the line in its transaction may be about it, and is not told yet.
bool TestDecodingDecoder::is_foreign(std::string_view line) const {
  line.remove_prefix(table_mark.size());
  std::string_view rest = line;
  if (!text_line::skip_table(rest) || rest.starts_with(", ") || rest.starts_with(truncate_mark)) return false;
  const auto known = known_.find(line.substr(0, line.size() - rest.size()));
  return known != known_.end() && !known->second.place;
}

Result<void> TestDecodingDecoder::hold(std::string_view line) {
  if (is_foreign(line)) line = {};
  const auto length = static_cast<uint32_t>(line.size());
  if (held_.size() + sizeof length + line.size() > held_bytes_max_) {
    held_ = {};
    stage_ = Stage::skipping;
    return {};
  }
  held_.append(&length, sizeof length);
  held_.append(line);
  return {};
}

// The frame of a COMMIT names the end of its record; where that begins is not told. One byte before the end does as
// well: no position that is ever compared with it lies inside the record.
Result<void> TestDecodingDecoder::commit(std::string_view line, Lsn at, ChangeBatch& batch) {
  text_line::Commit committed;
  if (!text_line::commit(line, committed) || at == 0) return damaged("a COMMIT line of unknown form");
  if (stage_ == Stage::between || committed.xid != ending_.xid) return damaged("a COMMIT without its BEGIN");
  if (stage_ == Stage::live) {
    if (at != ending_.end) return damaged("a COMMIT at another position than before");
    ending_known_ = false;
    return end_telling(at, batch);
  }
  ending_ = {committed.xid, at, committed.commit_us};
  if (stage_ == Stage::skipping) {
    stage_ = Stage::between;
    ending_known_ = wants_restart_ = true;
    return {};
  }
  TRY(begin_transaction(at - 1, ending_.commit_us, ending_.xid));
  stage_ = Stage::telling;
  told_ = 0;
  return held_.empty() ? end_telling(at, batch) : Result<void>();
}

Result<void> TestDecodingDecoder::end_telling(Lsn end, ChangeBatch& batch) {
  stage_ = Stage::between;
  if (held_.capacity() > held_bytes_kept) held_ = {};
  return end_transaction(end, batch);
}

Result<void> TestDecodingDecoder::tell_more(ChangeBatch& batch) {
  if (stage_ != Stage::telling) return {};
  uint32_t length = 0;
  std::memcpy(&length, held_.data() + told_, sizeof length);
  const std::string_view line = held_.view(told_ + sizeof length, length);
  told_ += sizeof length + length;
  TRY(change(line, batch));
  return told_ < held_.size() ? Result<void>() : end_telling(ending_.end, batch);
}

void TestDecodingDecoder::stream_restarts() {
  if (stage_ == Stage::telling || stage_ == Stage::live) StreamDecoder::stream_restarts();
  stage_ = Stage::between;
  wants_restart_ = false;
  held_ = {};
  known_.clear();
}

void TestDecodingDecoder::forget_strangers() {
  std::erase_if(known_, [](const auto& known) { return !known.second.place; });
}

// --- changes ---------------------------------------------------------------------------------------------------

Result<void> TestDecodingDecoder::change(std::string_view line, ChangeBatch& batch) {
  const bool is_new = starts_change();
  if (line.empty()) return {};
  line.remove_prefix(table_mark.size());
  std::string_view rest = line;
  if (!text_line::skip_table(rest)) return damaged("a change of unknown form");
  const std::string_view name = line.substr(0, line.size() - rest.size());
  if (rest.starts_with(", ") || rest.starts_with(truncate_mark))
    return is_new ? truncate(line, batch) : Result<void>();
  if (!text_line::literal(rest, ": ")) return damaged("a change of unknown form");
  Known& known = *TRY(find(name));
  const bool wanted = is_new && is_wanted(known.relation, batch);
  if (text_line::literal(rest, "INSERT:")) return wanted ? insert(rest, known, batch) : Result<void>();
  // What the log says of the others does not identify their rows.
  const bool identified = wanted && captured(known.relation.table).full->identity != RowIdentity::none;
  if (text_line::literal(rest, "UPDATE:")) return identified ? update(rest, known, batch) : Result<void>();
  if (text_line::literal(rest, "DELETE:")) return identified ? erase(rest, known, batch) : Result<void>();
  return damaged("a change of unknown kind");
}

Result<void> TestDecodingDecoder::insert(std::string_view row, Known& known, ChangeBatch& batch) {
  const std::optional<uint32_t> after = TRY(new_row(row, known, batch));
  if (after) add(batch, {Op::insert, known.relation.table, Change::no_row, *after});
  return {};
}

Result<void> TestDecodingDecoder::update(std::string_view rows, Known& known, ChangeBatch& batch) {
  Change change{Op::update, known.relation.table, Change::no_row, Change::no_row};
  if (text_line::literal(rows, " old-key:")) {
    const std::optional<uint32_t> before = TRY(old_row(rows, known, batch));
    if (!before) return {};
    change.before_row = *before;
    if (!text_line::literal(rows, new_row_mark)) return damaged("an update without its new row");
  } else if (known.relation.full_identity) {
    TRY(give_up(known, "its replica identity is no longer FULL", batch));
    return {};
  }
  const std::optional<uint32_t> after = TRY(new_row(rows, known, batch));
  if (!after) return {};
  change.after_row = *after;
  add(batch, change);
  return {};
}

Result<void> TestDecodingDecoder::erase(std::string_view row, Known& known, ChangeBatch& batch) {
  if (row == no_row_text) {
    TRY(give_up(known, "its replica identity changed: deletes no longer name their rows", batch));
    return {};
  }
  const std::optional<uint32_t> before = TRY(old_row(row, known, batch));
  if (before && !row.empty()) return damaged("a row of unknown form");
  if (before) add(batch, {Op::erase, known.relation.table, *before, Change::no_row});
  return {};
}

Result<void> TestDecodingDecoder::truncate(std::string_view tables, ChangeBatch& batch) {
  for (;;) {
    std::string_view rest = tables;
    if (!text_line::skip_table(rest)) return damaged("a truncation of unknown form");
    const Known& known = *TRY(find(tables.substr(0, tables.size() - rest.size())));
    if (is_wanted(known.relation, batch))
      add(batch, {Op::truncate, known.relation.table, known.relation.leaf, Change::no_row});
    tables = rest;
    if (text_line::literal(tables, truncate_mark)) return {};
    if (!text_line::literal(tables, ", ")) return damaged("a truncation of unknown form");
  }
}

// --- tables ----------------------------------------------------------------------------------------------------

// At first a table is taken to be sent as the catalog describes it; a row that is sent otherwise corrects that.
Result<TestDecodingDecoder::Known*> TestDecodingDecoder::find(std::string_view name) {
  const auto there = known_.find(name);
  if (there != known_.end()) return &there->second;
  Known& known = known_[std::string(name)];
  std::string_view rest = name;
  if (!text_line::table(rest, known.name)) return damaged("a table's name of unknown form");
  known.place = find_place(known.name);
  if (!known.place) {
    const uint32_t oid = services_.find_relation ? TRY(services_.find_relation(known.name)) : 0;
    if (oid != 0) meet_stranger(oid);
    return &known;
  }
  std::vector<text_line::ColumnHead> columns;
  for (const ColumnDef& column : captured(known.place->table).full->columns) {
    const auto type = services_.type_names.find(column.type.log_id);
    columns.push_back({column.name, type == services_.type_names.end() ? "" : std::string_view(type->second), {}});
  }
  meet_columns(known, columns);
  return &known;
}

std::string TestDecodingDecoder::type_misfit(const Known& known,
                                             std::span<const text_line::ColumnHead> columns) const {
  const TableDef& full = *captured(known.place->table).full;
  for (const text_line::ColumnHead& column : columns) {
    const std::optional<uint32_t> found = find_column(full, column.name);
    if (!found || full.columns[*found].type.log_id == 0) continue;
    const auto type = services_.type_names.find(full.columns[*found].type.log_id);
    if (type == services_.type_names.end() || type->second != column.type)
      return fmt::format("column \"{}\" is no longer of type {}", column.name, full.columns[*found].type.native);
  }
  return {};
}

void TestDecodingDecoder::meet_columns(Known& known, std::span<const text_line::ColumnHead> columns) {
  const TableDef& full = *captured(known.place->table).full;
  std::vector<SentColumn> sent;
  known.names.clear();
  known.heads.clear();
  for (const text_line::ColumnHead& column : columns) {
    bool key = full.identity == RowIdentity::full;
    if (full.key)
      for (const uint32_t c : full.key->columns) key = key || full.columns[c].name == column.name;
    sent.push_back({key, column.name, 0, -1});
    known.names.push_back(column.name);
    known.heads.push_back(column.whole.empty() ? fmt::format(" {}[{}]:", column.name, column.type)
                                               : fmt::format(" {}", column.whole));
  }
  known.relation = fit(*known.place, known.name.schema, known.name.name, full.identity == RowIdentity::full, sent);
  if (known.relation.misfit.empty()) known.relation.misfit = type_misfit(known, columns);
}

// --- rows ------------------------------------------------------------------------------------------------------

Result<std::optional<uint32_t>> TestDecodingDecoder::give_up(Known& known, std::string misfit, ChangeBatch& batch) {
  known.relation.misfit = std::move(misfit);
  is_wanted(known.relation, batch);
  return std::nullopt;
}

Result<void> TestDecodingDecoder::take_value(std::string_view& text, const Known& known, size_t sent, bool old,
                                             RowBatch& image) {
  text_line::Value value;
  if (!text_line::value(text, value)) return damaged("a value of unknown form");
  const int32_t column = known.relation.to_layout[sent];
  if (column < 0) return {};
  const auto at = static_cast<size_t>(column);
  if (old && !known.relation.full_identity && !known.relation.in_key[at]) return {};
  switch (value.form) {
    case text_line::Form::null:
      set_null(at);
      return {};
    case text_line::Form::unchanged:
      set_unchanged(at);
      return {};
    case text_line::Form::bare:
      // A boolean alone is written so, and not as its output function does.
      if (value.bytes == "true" || value.bytes == "false") value.bytes = value.bytes.substr(0, 1);
      break;
    case text_line::Form::quoted:
    case text_line::Form::bits:
      break;
  }
  if (value.doubled) {
    scratch_.clear();
    text_line::append_undoubled(scratch_, value.bytes);
    value.bytes = scratch_;
  }
  return set_value(at, 't', value.bytes, 0, image);
}

// Nothing: a column is not the one that was expected.
Result<std::optional<uint32_t>> TestDecodingDecoder::try_new_row(std::string_view text, Known& known,
                                                                 ChangeBatch& batch) {
  RowBatch& rows = image(batch, known.relation.table);
  begin_row(rows);
  for (size_t c = 0; c < known.heads.size(); ++c) {
    if (!text_line::literal(text, known.heads[c])) return std::optional<uint32_t>();
    TRY(take_value(text, known, c, false, rows));
  }
  if (!text.empty()) return std::optional<uint32_t>();
  return std::optional<uint32_t>(TRY(end_row(rows)));
}

Result<std::optional<uint32_t>> TestDecodingDecoder::new_row(std::string_view text, Known& known,
                                                             ChangeBatch& batch) {
  const std::optional<uint32_t> row = TRY(try_new_row(text, known, batch));
  if (row) return row;
  // Another order, as in a partition, or another structure.
  std::vector<text_line::ColumnHead> columns;
  for (std::string_view rest = text; !rest.empty();) {
    text_line::Value value;
    if (!text_line::literal(rest, " ") || !text_line::column_head(rest, columns.emplace_back()) ||
        !text_line::value(rest, value))
      return damaged("a row of unknown form");
  }
  meet_columns(known, columns);
  if (!is_wanted(known.relation, batch)) return std::optional<uint32_t>();
  const std::optional<uint32_t> again = TRY(try_new_row(text, known, batch));
  if (!again) return damaged("a row of unknown form");
  return again;
}

// The column that stands next in an old row, searched from `next` on. Nothing: it is none of the table's, which is
// given up.
Result<std::optional<size_t>> TestDecodingDecoder::find_column_in(std::string_view text, size_t next, Known& known,
                                                                  ChangeBatch& batch) {
  const size_t count = known.heads.size();
  for (size_t tried = 0; tried < count; ++tried)
    if (text.starts_with(known.heads[(next + tried) % count])) return std::optional((next + tried) % count);
  // A name that the server quotes, or another structure.
  text_line::ColumnHead head;
  if (!text_line::literal(text, " ") || !text_line::column_head(text, head))
    return damaged("an old row of unknown form");
  const auto name = std::ranges::find(known.names, head.name);
  const std::string misfit = name == known.names.end() ? fmt::format("column \"{}\" is new", head.name)
                                                       : type_misfit(known, std::span(&head, 1));
  if (!misfit.empty()) {
    TRY(give_up(known, misfit, batch));
    return std::optional<size_t>();
  }
  const auto sent = static_cast<size_t>(name - known.names.begin());
  known.heads[sent] = fmt::format(" {}", head.whole);
  return std::optional(sent);
}

// Columns whose value was NULL are not in the text, nor are those outside the identity.
Result<std::optional<uint32_t>> TestDecodingDecoder::old_row(std::string_view& text, Known& known,
                                                             ChangeBatch& batch) {
  RowBatch& rows = image(batch, known.relation.table);
  begin_row(rows);
  if (known.relation.full_identity)
    for (size_t c = 0; c < rows.width(); ++c) set_null(c);
  size_t next = 0;
  while (!text.empty() && !text.starts_with(new_row_mark)) {
    const std::optional<size_t> found = TRY(find_column_in(text, next, known, batch));
    if (!found) return std::optional<uint32_t>();
    const size_t sent = *found;
    text.remove_prefix(known.heads[sent].size());
    TRY(take_value(text, known, sent, true, rows));
    next = sent + 1;
  }
  std::string gap = identity_gap(known, rows);
  if (!gap.empty()) return give_up(known, std::move(gap), batch);
  return std::optional<uint32_t>(TRY(end_row(rows)));
}

// What a row must be found by and the log no longer says.
std::string TestDecodingDecoder::identity_gap(const Known& known, const RowBatch& image) const {
  for (size_t c = 0; c < image.width(); ++c) {
    if (known.relation.full_identity && image.layout->columns[c].not_null && !has_value(c))
      return "its replica identity is no longer FULL";
    if (!known.relation.full_identity && known.relation.in_key[c] && !has_value(c))
      return fmt::format("its replica identity changed: column \"{}\" is no longer part of it",
                         image.layout->columns[c].name);
  }
  return {};
}

}  // namespace godwit::postgres
