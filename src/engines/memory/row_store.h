#pragma once
// The rows of one table. Copies are independent and cheap: both sides share what neither has written since, which is
// what makes a snapshot or a working copy of a large table cost nothing. Not thread-safe.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"

namespace godwit {

using MemoryRow = std::vector<std::optional<std::string>>;  // one value a column, nothing for NULL

}  // namespace godwit

namespace godwit::memory {

using StoredRow = std::shared_ptr<const MemoryRow>;

// Rows by the values of some of their columns. NULL equals NULL here.
class RowIndex {
 public:
  explicit RowIndex(std::vector<uint32_t> columns);
  const std::vector<uint32_t>& columns() const { return columns_; }
  size_t size() const { return size_; }
  void add(const StoredRow& row);
  void remove(const StoredRow& row);              // that very row
  StoredRow find(const MemoryRow& values) const;  // in the order of columns(); null when there is none
  bool has_null(const MemoryRow& row) const;
  MemoryRow values_of(const MemoryRow& row) const;
  std::vector<StoredRow> rows() const;

 private:
  struct Entry {
    uint64_t hash;
    StoredRow row;
  };
  using Bucket = std::vector<Entry>;
  std::shared_ptr<const Bucket>& bucket_of(uint64_t hash);

  std::vector<uint32_t> columns_;
  std::vector<std::shared_ptr<const Bucket>> buckets_;
  size_t size_ = 0;
};

class TableContent {
 public:
  // `unique`: keys beside def->key. Columns are indexes into def->columns.
  TableContent(std::shared_ptr<const TableDef> def, std::span<const KeyDef> unique);

  const std::shared_ptr<const TableDef>& def() const { return def_; }
  std::vector<KeyDef> unique_keys() const;  // without the primary key
  size_t size() const { return all_.size(); }
  std::vector<StoredRow> rows() const { return all_.rows(); }

  // Errors of kind data (a NULL that may not be) and conflict (a unique key); nothing has changed then.
  Result<void> insert(StoredRow row);
  Result<void> replace(const StoredRow& old, StoredRow row);
  void erase(const StoredRow& row);
  void clear();
  // One row that has these values in these columns, or null. Fast by a unique key or by all columns.
  StoredRow find(std::span<const uint32_t> columns, const MemoryRow& values) const;
  // The same rows under another key; an error of kind conflict when two rows share a value.
  Result<void> add_primary_key(KeyDef key);
  Result<void> add_unique_key(KeyDef key);

 private:
  struct UniqueKey {
    KeyDef key;
    bool primary;
    RowIndex rows;
  };
  Result<void> fill(UniqueKey key);
  Result<void> check_values(const MemoryRow& row) const;
  const UniqueKey* collision(const MemoryRow& row) const;
  void add(const StoredRow& row);
  void remove(const StoredRow& row);

  std::shared_ptr<const TableDef> def_;
  RowIndex all_;
  std::vector<UniqueKey> unique_;
};

}  // namespace godwit::memory
