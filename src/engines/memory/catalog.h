#pragma once
// The memory engine's catalog, for sources and targets alike. Objects are tables, primary keys and unique keys.

#include "engine/catalog.h"
#include "engines/memory/state.h"

namespace godwit::memory {

inline constexpr std::string_view dialect = "memory";
inline constexpr std::string_view table_kind = "table";
inline constexpr std::string_view primary_key_kind = "primary key";
inline constexpr std::string_view unique_key_kind = "unique key";

class MemoryCatalog : public Catalog {
 public:
  MemoryCatalog(State& state, std::shared_ptr<Session> session) : state_(state), session_(std::move(session)) {}

  Result<std::vector<TableRef>> list_tables() override;
  Result<std::vector<TableDef>> describe(std::span<const TableRef> tables) override;
  Result<std::vector<ObjectDef>> read_objects(std::span<const TableDef> tables) override;
  Result<std::vector<TableSurvey>> survey(std::span<const TableRef> tables) override;
  Result<std::vector<SequenceState>> read_sequences(std::span<const TableDef> tables) override;

 private:
  State& state_;
  std::shared_ptr<Session> session_;
};

}  // namespace godwit::memory
