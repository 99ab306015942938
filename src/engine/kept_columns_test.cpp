#include "engine/kept_columns.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Names = std::vector<std::string>;

TargetTable task_of(std::initializer_list<ColumnDef> written, Names unwritten) {
  TableDef layout;
  layout.ref = {"shop", "orders"};
  layout.columns = written;
  TargetTable out;
  out.layout = std::make_shared<const TableDef>(std::move(layout));
  out.unwritten = std::move(unwritten);
  return out;
}

TEST(KeptColumns, that_nothing_writes_are_told_from_those_that_fill_themselves) {
  const TargetTable task = task_of({{"id", {}, true}, {"note", {}}}, {"sum", "total"});
  const KeptColumn columns[] = {
      {"id", true},         {"note", true}, {"sum"},  {"total", true, false, true},
      {"made", true, true}, {"who", true},  {"free"}, {"twice", true, false, true},
  };
  const KeptMisfits found = kept_misfits(task, columns, false);
  EXPECT_EQ(found.stay_null, Names{"sum"}) << "total is computed here too";
  EXPECT_EQ(found.want_values, Names{"who"});
  EXPECT_EQ(found.refuse_nulls, Names{"note"});
}

TEST(KeptColumns, are_known_by_their_names_as_the_server_compares_them) {
  const TargetTable task = task_of({{"ID", {}, true}}, {"Sum"});
  const KeptColumn columns[] = {{"id", true}, {"SUM", true}};
  EXPECT_EQ(kept_misfits(task, columns, true).stay_null, Names{"SUM"});
  EXPECT_TRUE(kept_misfits(task, columns, true).want_values.empty());
  EXPECT_EQ(kept_misfits(task, columns, false).want_values, (Names{"id", "SUM"}));
}

}  // namespace
}  // namespace godwit
