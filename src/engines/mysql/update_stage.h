#pragma once
// Many updates of one table as a join with a temporary table of their rows. Temporary tables are made before a
// transaction begins: some servers refuse it inside of one. Their rows are the transaction's, gone with its end.

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

  // The stage of a table; null: there is none yet, and make_wanted() is to make it.
  struct Stage {
    std::string name;   // quoted
    std::string index;  // of the table, by which its rows are found; quoted
  };
  const Stage* find(const TargetTable& table);
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
  uint64_t made_ = 0;
  std::map<const TargetTable*, Stage> stages_;  // without a name: none can be
  std::vector<const TargetTable*> wanted_;
  ByteBuffer lines_;
};

}  // namespace godwit::mysql
