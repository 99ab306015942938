#pragma once
// What a target is asked of its own catalog: the columns of tables that are there.

#include "engine/catalog.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/survey.h"

namespace godwit::mysql {

class TargetCatalog : public Catalog {
 public:
  explicit TargetCatalog(Connection& session) : session_(session) {}
  Result<std::vector<std::string>> list_schemas() override { return list_user_schemas(session_); }
  Result<std::vector<TableRef>> list_tables() override;
  // Names, types and NOT NULL; keys are not looked up.
  Result<std::vector<TableDef>> describe(std::span<const TableRef> tables) override;
  Result<std::vector<ObjectDef>> read_objects(std::span<const TableDef>) override { return std::vector<ObjectDef>(); }
  Result<std::vector<SequenceState>> read_sequences(std::span<const TableDef>) override {
    return std::vector<SequenceState>();
  }
  Result<std::vector<TableSurvey>> survey(std::span<const TableRef> tables) override {
    return mysql::survey(session_, tables);
  }

 private:
  Connection& session_;
};

}  // namespace godwit::mysql
