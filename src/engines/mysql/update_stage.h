#pragma once
// Many updates of one table as a join with a temporary table of their rows, which are the transaction's. Servers that
// refuse to make temporary tables inside a transaction (enforce_gtid_consistency before MySQL 8.0.13) get them before
// the next one.

#include <map>
#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/row_loading.h"

namespace godwit::mysql {

class UpdateStages {
 public:
  UpdateStages(Connection& session, std::string database) : session_(session), database_(std::move(database)) {}

  struct Stage {
    std::string name;   // quoted
    std::string index;  // of the table, by which its rows are found; quoted
  };
  // The stage of a table that has a key; null: there is none, or none yet.
  Result<const Stage*> find(const TargetTable& table);
  // Outside of transactions. A user who may not make temporary tables does without.
  Result<void> make_wanted();
  void forget();

  // How many rows the updates found, each once. All of them write the columns of `mask`.
  Result<uint64_t> update(const Stage& stage, const TargetTable& table, const RowLoading& loading,
                          std::span<const ChangeView* const> changes, const std::vector<bool>& mask);

 private:
  Result<void> make(const TargetTable& table);

  Connection& session_;
  std::string database_;
  bool may_make_ = true;
  bool only_outside_ = false;
  std::map<const TargetTable*, Stage> stages_;  // without a name: none can be
  std::vector<const TargetTable*> wanted_;
  ByteBuffer lines_;
};

}  // namespace godwit::mysql
