#include "engines/memory/row_store.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

constexpr size_t bucket_count = 256;

uint64_t hash_value(const std::optional<std::string>& value, uint64_t seed) {
  return value ? fnv1a(*value, fnv1a("v", seed)) : fnv1a("n", seed);
}

std::vector<uint32_t> every_column(const TableDef& def) {
  std::vector<uint32_t> columns(def.columns.size());
  std::iota(columns.begin(), columns.end(), 0U);
  return columns;
}

bool has_values(const MemoryRow& row, std::span<const uint32_t> columns, const MemoryRow& values) {
  for (size_t i = 0; i < columns.size(); ++i)
    if (row[columns[i]] != values[i]) return false;
  return true;
}

uint64_t hash_values(const MemoryRow& values) {
  uint64_t hash = fnv1a("");
  for (const auto& value : values) hash = hash_value(value, hash);
  return hash;
}

uint64_t hash_row(const MemoryRow& row, std::span<const uint32_t> columns) {
  uint64_t hash = fnv1a("");
  for (const uint32_t column : columns) hash = hash_value(row[column], hash);
  return hash;
}

}  // namespace

RowIndex::RowIndex(std::vector<uint32_t> columns) : columns_(std::move(columns)), buckets_(bucket_count) {}

std::shared_ptr<const RowIndex::Bucket>& RowIndex::bucket_of(uint64_t hash) {
  return buckets_[hash % bucket_count];
}

void RowIndex::add(const StoredRow& row) {
  const uint64_t hash = hash_row(*row, columns_);
  std::shared_ptr<const Bucket>& bucket = bucket_of(hash);
  auto changed = bucket ? std::make_shared<Bucket>(*bucket) : std::make_shared<Bucket>();
  changed->push_back({hash, row});
  bucket = std::move(changed);
  ++size_;
}

void RowIndex::remove(const StoredRow& row) {
  std::shared_ptr<const Bucket>& bucket = bucket_of(hash_row(*row, columns_));
  if (!bucket) return;
  auto changed = std::make_shared<Bucket>(*bucket);
  size_ -= std::erase_if(*changed, [&](const Entry& entry) { return entry.row == row; });
  bucket = std::move(changed);
}

StoredRow RowIndex::find(const MemoryRow& values) const {
  const uint64_t hash = hash_values(values);
  const std::shared_ptr<const Bucket>& bucket = buckets_[hash % bucket_count];
  if (!bucket) return nullptr;
  for (const Entry& entry : *bucket)
    if (entry.hash == hash && has_values(*entry.row, columns_, values)) return entry.row;
  return nullptr;
}

bool RowIndex::has_null(const MemoryRow& row) const {
  return std::ranges::any_of(columns_, [&](uint32_t column) { return !row[column]; });
}

MemoryRow RowIndex::values_of(const MemoryRow& row) const {
  MemoryRow values;
  for (const uint32_t column : columns_) values.push_back(row[column]);
  return values;
}

std::vector<StoredRow> RowIndex::rows() const {
  std::vector<StoredRow> out;
  out.reserve(size_);
  for (const auto& bucket : buckets_) {
    if (!bucket) continue;
    for (const Entry& entry : *bucket) out.push_back(entry.row);
  }
  return out;
}

TableContent::TableContent(std::shared_ptr<const TableDef> def, std::span<const KeyDef> unique)
    : def_(std::move(def)), all_(every_column(*def_)) {
  if (def_->key) unique_.push_back({*def_->key, true, RowIndex(def_->key->columns)});
  for (const KeyDef& key : unique) unique_.push_back({key, false, RowIndex(key.columns)});
}

std::vector<KeyDef> TableContent::unique_keys() const {
  std::vector<KeyDef> keys;
  for (const UniqueKey& unique : unique_)
    if (!unique.primary) keys.push_back(unique.key);
  return keys;
}

Result<void> TableContent::check_values(const MemoryRow& row) const {
  if (row.size() != def_->columns.size())
    return Failure(errors::wrong_width(def_->ref, row.size(), def_->columns.size()));
  for (size_t i = 0; i < row.size(); ++i)
    if (def_->columns[i].not_null && !row[i]) return Failure(errors::not_null(def_->ref, def_->columns[i].name));
  return {};
}

// As in SQL, a key with a NULL in it collides with nothing.
const TableContent::UniqueKey* TableContent::collision(const MemoryRow& row) const {
  for (const UniqueKey& unique : unique_)
    if (!unique.rows.has_null(row) && unique.rows.find(unique.rows.values_of(row))) return &unique;
  return nullptr;
}

void TableContent::add(const StoredRow& row) {
  all_.add(row);
  for (UniqueKey& unique : unique_) unique.rows.add(row);
}

void TableContent::remove(const StoredRow& row) {
  all_.remove(row);
  for (UniqueKey& unique : unique_) unique.rows.remove(row);
}

Result<void> TableContent::insert(StoredRow row) {
  TRY(check_values(*row));
  if (const UniqueKey* taken = collision(*row)) return Failure(errors::duplicate(def_->ref, taken->key.name));
  add(row);
  return {};
}

Result<void> TableContent::replace(const StoredRow& old, StoredRow row) {
  TRY(check_values(*row));
  const StoredRow kept = old;
  remove(kept);
  if (const UniqueKey* taken = collision(*row)) {
    add(kept);
    return Failure(errors::duplicate(def_->ref, taken->key.name));
  }
  add(row);
  return {};
}

void TableContent::erase(const StoredRow& row) {
  const StoredRow kept = row;
  remove(kept);
}

void TableContent::clear() {
  all_ = RowIndex(all_.columns());
  for (UniqueKey& unique : unique_) unique.rows = RowIndex(unique.rows.columns());
}

StoredRow TableContent::find(std::span<const uint32_t> columns, const MemoryRow& values) const {
  if (std::ranges::equal(columns, all_.columns())) return all_.find(values);
  for (const UniqueKey& unique : unique_)
    if (std::ranges::equal(columns, unique.rows.columns())) return unique.rows.find(values);
  for (const StoredRow& row : all_.rows())
    if (has_values(*row, columns, values)) return row;
  return nullptr;
}

Result<void> TableContent::fill(UniqueKey key) {
  for (const StoredRow& row : all_.rows()) {
    if (!key.rows.has_null(*row) && key.rows.find(key.rows.values_of(*row)))
      return Failure(errors::duplicate(def_->ref, key.key.name));
    key.rows.add(row);
  }
  unique_.push_back(std::move(key));
  return {};
}

Result<void> TableContent::add_primary_key(KeyDef key) {
  TRY(fill({key, true, RowIndex(key.columns)}));
  TableDef def = *def_;
  for (const uint32_t column : key.columns) def.columns[column].not_null = true;
  def.key = std::move(key);
  if (def.identity == RowIdentity::none) def.identity = RowIdentity::key;
  def_ = std::make_shared<const TableDef>(std::move(def));
  return {};
}

Result<void> TableContent::add_unique_key(KeyDef key) {
  RowIndex rows(key.columns);
  return fill({std::move(key), false, std::move(rows)});
}

}  // namespace godwit::memory
