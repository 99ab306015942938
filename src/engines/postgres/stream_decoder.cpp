#include "engines/postgres/stream_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// Accounting of one change beside its bytes.
constexpr size_t change_overhead_bytes = sizeof(Change) + 16;

// Of the audit table only the document is read.
std::shared_ptr<const TableDef> audit_def(const AuditTable& audit) {
  auto out = std::make_shared<TableDef>();
  out->ref = audit.ref;
  out->log_id = audit.oid;
  out->columns.resize(1);
  out->columns[0].name = "document";
  out->columns[0].type = {TypeClass::nclob, "text", 0, -1};
  return out;
}

}  // namespace

StreamDecoder::StreamDecoder(std::span<const CapturedTable> tables, TextsOfValues texts,
                             std::optional<AuditTable> audit)
    : tables_(tables.begin(), tables.end()), texts_(std::move(texts)) {
  if (audit) {
    audit_index_ = static_cast<uint32_t>(tables_.size());
    const std::shared_ptr<const TableDef> def = audit_def(*audit);
    tables_.push_back({def, def, {}});
    audit_image_.layout = def;
  }
  suspended_.assign(tables_.size(), false);
  for (uint32_t t = 0; t < tables_.size(); ++t) {
    const TableDef& table = *tables_[t].full;
    from_.push_back(lsn_of(tables_[t].from));
    by_oid_[table.log_id] = by_name_[table.ref] = {t, Change::no_row};
    for (uint32_t leaf = 0; leaf < table.leaves.size(); ++leaf)
      by_oid_[table.leaves[leaf].log_id] = by_name_[table.leaves[leaf].ref] = {t, leaf};
  }
}

void StreamDecoder::start_batch(ChangeBatch& batch) const {
  batch = {};
  batch.images.resize(audit_index_ == UINT32_MAX ? tables_.size() : audit_index_);
  for (size_t t = 0; t < batch.images.size(); ++t) batch.images[t].layout = tables_[t].layout;
}

Failure StreamDecoder::damaged(std::string_view what) const {
  return Failure(errors::bad_stream(what, commit_lsn_ == 0 ? "" : lsn_text(commit_lsn_)));
}

Result<void> StreamDecoder::begin_transaction(Lsn commit, int64_t commit_us, uint64_t xid) {
  if (in_transaction_) return damaged("a Begin inside a transaction");
  if (repeats_ && cut_commit_ != 0 && commit != cut_commit_)
    return damaged("another transaction than the one that was cut");
  if (!repeats_) {
    done_ = 0;
    part_open_ = had_changes_ = false;
  }
  in_transaction_ = true;
  repeats_ = false;
  seen_ = 0;
  commit_lsn_ = commit;
  commit_us_ = commit_us;
  xid_ = xid;
  return {};
}

Result<void> StreamDecoder::end_transaction(Lsn end, ChangeBatch& batch) {
  if (!in_transaction_) return damaged("a Commit without its Begin");
  in_transaction_ = false;
  last_end_ = std::max(last_end_, end);
  batch.read_to = lsn_position(last_end_);
  if (!had_changes_) return {};
  if (!part_open_) open_part(batch);
  batch.parts.back().kind = TxnPart::Kind::commit;
  batch.parts.back().end = batch.read_to;
  part_open_ = false;
  return {};
}

void StreamDecoder::stream_restarts() {
  if (!in_transaction_) return;
  in_transaction_ = false;
  repeats_ = true;
  cut_commit_ = commit_lsn_;
  done_ = std::max(done_, seen_);
}

void StreamDecoder::pass_over(uint64_t changes) {
  if (changes == 0) return;
  repeats_ = true;
  cut_commit_ = 0;
  done_ = changes;
}

std::optional<uint32_t> StreamDecoder::table_of(uint32_t oid) const {
  const std::optional<Place> place = find_place(oid);
  if (!place) return std::nullopt;
  return place->table;
}

std::optional<StreamDecoder::Place> StreamDecoder::find_place(uint32_t oid) const {
  const auto known = by_oid_.find(oid);
  if (known == by_oid_.end()) return std::nullopt;
  return known->second;
}

std::optional<StreamDecoder::Place> StreamDecoder::find_place(const TableRef& name) const {
  const auto known = by_name_.find(name);
  if (known == by_name_.end()) return std::nullopt;
  return known->second;
}

// What keeps a relation from being delivered in its table's layout; empty when nothing does.
std::string StreamDecoder::misfit(const CapturedTable& table, const Place& place, const TableRef& name,
                                  std::span<const SentColumn> columns) const {
  if (place.leaf == Change::no_row && name != table.full->ref)
    return fmt::format("the table is now named {}.{}", name.schema, name.name);
  for (const SentColumn& column : columns) {
    const std::optional<uint32_t> known = find_column(*table.full, column.name);
    if (!known) return fmt::format("column \"{}\" is new", column.name);
    const Type& type = table.full->columns[*known].type;
    if (column.type != 0 && (type.log_id != column.type || type.log_modifier != column.modifier))
      return fmt::format("column \"{}\" is no longer of type {}", column.name, type.native);
  }
  for (const ColumnDef& column : table.full->columns) {
    const bool sent = std::ranges::any_of(columns, [&](const SentColumn& c) { return c.name == column.name; });
    if (!sent && !column.generated) return fmt::format("column \"{}\" is gone", column.name);
  }
  return {};
}

// Updates and deletes name their rows by what the plan finds them by, or they would find others, or none.
std::string StreamDecoder::identity_misfit(const CapturedTable& table, bool full,
                                           std::span<const SentColumn> columns) const {
  const RowIdentity planned = table.full->identity;
  if (planned == RowIdentity::none) return {};
  if (!table.layout->key)
    return planned == RowIdentity::full && !full ? "its replica identity is no longer FULL" : "";
  for (const uint32_t c : table.layout->key->columns) {
    const std::string& name = table.layout->columns[c].name;
    const auto sent = std::ranges::find(columns, name, &SentColumn::name);
    if (sent != columns.end() && !sent->key)
      return fmt::format("its replica identity changed: column \"{}\" is no longer part of it", name);
  }
  return {};
}

StreamDecoder::Relation StreamDecoder::fit(const Place& place, std::string_view schema, std::string_view name,
                                           bool full_identity, std::span<const SentColumn> columns) const {
  Relation relation;
  relation.known = true;
  relation.table = place.table;
  relation.leaf = place.leaf;
  relation.full_identity = full_identity;
  relation.to_layout.assign(columns.size(), -1);
  for (const SentColumn& column : columns) relation.types.push_back(column.type);
  const CapturedTable& table = tables_[place.table];
  relation.in_key.assign(table.layout->columns.size(), false);
  if (!is_audit(place.table)) {
    relation.misfit = misfit(table, place, {std::string(schema), std::string(name)}, columns);
    if (relation.misfit.empty()) relation.misfit = identity_misfit(table, full_identity, columns);
    if (!relation.misfit.empty()) return relation;
  }
  for (size_t c = 0; c < columns.size(); ++c) {
    const std::optional<uint32_t> column = find_column(*table.layout, columns[c].name);
    if (!column) continue;
    relation.to_layout[c] = static_cast<int32_t>(*column);
    relation.in_key[*column] = columns[c].key;
  }
  return relation;
}

bool StreamDecoder::starts_change() {
  return ++seen_ > done_;
}

bool StreamDecoder::is_wanted(const Relation& relation, ChangeBatch& batch) {
  if (!relation.known || commit_lsn_ < from_[relation.table]) return false;
  if (!relation.misfit.empty()) suspend(relation.table, relation.misfit, batch);
  return !suspended_[relation.table];
}

void StreamDecoder::suspend(uint32_t table, std::string what, ChangeBatch& batch) {
  if (suspended_[table]) return;
  suspended_[table] = true;
  SchemaEvent event;
  event.table = table;
  event.before_change = static_cast<uint32_t>(batch.changes.size());
  event.at = lsn_position(commit_lsn_);
  event.what = std::move(what);
  batch.schema.push_back(std::move(event));
}

// False: the value is damaged, or (binary alone) its text is the server's to say.
bool StreamDecoder::append_cell_bytes(char kind, std::string_view bytes, uint32_t type, bool raw,
                                      ByteBuffer& arena) const {
  if (raw && kind == 't') return bytes.starts_with("\\x") && append_unhex(arena, bytes.substr(2));
  if (raw || kind == 't') {
    arena.append(bytes);
    return true;
  }
  return append_simple_text(arena, {type, bytes});
}

Result<void> StreamDecoder::set_value(size_t column, char kind, std::string_view bytes, uint32_t type,
                                      RowBatch& image) {
  const size_t start = image.arena.size();
  if (bytes.size() > INT32_MAX || start + bytes.size() > UINT32_MAX) return damaged("a value of more than 2 GiB");
  const bool raw = image.layout->columns[column].type.type_class == TypeClass::blob;
  if (append_cell_bytes(kind, bytes, type, raw, image.arena)) {
    row_[column] = {static_cast<uint32_t>(start), static_cast<int32_t>(image.arena.size() - start)};
    batch_bytes_ += image.arena.size() - start;
    return {};
  }
  if (kind == 't') return damaged("a bytea that is not written in hexadecimal");
  untold_.push_back({type, bytes});
  untold_columns_.push_back(column);
  return {};
}

Result<void> StreamDecoder::add_server_texts(RowBatch& image) {
  if (!texts_) return damaged("a binary value");
  const std::vector<std::string> texts = TRY(texts_(untold_));
  if (texts.size() != untold_.size()) return damaged("values without their texts");
  for (size_t i = 0; i < texts.size(); ++i) TRY(set_value(untold_columns_[i], 't', texts[i], untold_[i].type, image));
  untold_.clear();
  untold_columns_.clear();
  return {};
}

Result<uint32_t> StreamDecoder::end_row(RowBatch& image) {
  if (!untold_.empty()) TRY(add_server_texts(image));
  image.cells.insert(image.cells.end(), row_.begin(), row_.end());
  batch_bytes_ += row_.size() * sizeof(Cell) + change_overhead_bytes;
  return static_cast<uint32_t>(image.rows++);
}

void StreamDecoder::open_part(ChangeBatch& batch) {
  batch.parts.push_back({xid_,
                         TxnPart::Kind::rows,
                         static_cast<uint32_t>(batch.changes.size()),
                         0,
                         lsn_position(commit_lsn_),
                         {},
                         commit_us_});
}

void StreamDecoder::add(ChangeBatch& batch, Change change) {
  if (is_audit(change.table)) {
    if (change.op == Op::insert) tell_structure_change(batch);
    audit_image_.clear();
    return;
  }
  if (!part_open_) open_part(batch);
  part_open_ = had_changes_ = true;
  ++batch.parts.back().count;
  batch.changes.push_back(change);
}

// The trigger's row tells of a structure change; its removal, which follows, tells nothing.
void StreamDecoder::tell_structure_change(ChangeBatch& batch) {
  SchemaEvent event;
  event.table = SchemaEvent::no_table;
  event.before_change = static_cast<uint32_t>(batch.changes.size());
  event.at = lsn_position(commit_lsn_);
  event.document = audit_image_.bytes(audit_image_.cell(audit_image_.rows - 1, 0));
  // What lies between the last whole transaction and here is done when this is: a later reader goes on from there.
  event.commit_us = commit_us_;
  event.before = partial_position(last_end_, seen_ - 1);
  event.done = partial_position(last_end_, seen_);
  batch.schema.push_back(std::move(event));
  waits_ = true;
}

}  // namespace godwit::postgres
