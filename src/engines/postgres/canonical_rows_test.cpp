#include "engines/postgres/canonical_rows.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

RowBatch batch_of(std::initializer_list<TypeClass> types) {
  auto layout = std::make_shared<TableDef>();
  layout->ref = {"s", "t"};
  for (const TypeClass type : types) {
    ColumnDef& column = layout->columns.emplace_back();
    column.name = "c" + std::to_string(layout->columns.size());
    column.type.type_class = type;
  }
  RowBatch batch;
  batch.layout = std::move(layout);
  return batch;
}

std::string text(const RowBatch& batch, size_t row, size_t column) {
  const Cell& cell = batch.cell(row, column);
  return cell.length == Cell::null ? "NULL" : "'" + std::string(batch.bytes(cell)) + "'";
}

TEST(CanonicalRows, lines_lose_their_escapes_and_bytes_their_digits) {
  RowBatch batch = batch_of({TypeClass::int4, TypeClass::nclob, TypeClass::blob});
  ASSERT_TRUE(append_line(batch, "1\ta\\tb\\\\c\\n\\x41\\101\t\\\\x00ff\n"));
  ASSERT_TRUE(append_line(batch, "\\N\t\t\\\\x\n"));
  ASSERT_TRUE(append_line(batch, "2\t\\\\N\t\\N"));
  ASSERT_EQ(batch.rows, 3U);
  EXPECT_EQ(text(batch, 0, 1), "'a\tb\\c\nAA'");
  EXPECT_EQ(text(batch, 0, 2), std::string("'\0\xff'", 4));
  EXPECT_EQ(text(batch, 1, 0), "NULL");
  EXPECT_EQ(text(batch, 1, 1), "''");
  EXPECT_EQ(text(batch, 1, 2), "''");
  EXPECT_EQ(text(batch, 2, 1), "'\\N'");
  EXPECT_EQ(text(batch, 2, 2), "NULL");
}

TEST(CanonicalRows, a_line_of_another_shape_leaves_no_trace) {
  RowBatch batch = batch_of({TypeClass::int4, TypeClass::blob});
  for (const std::string_view line : {"1", "1\t\\\\x00\t2", "", "1\t\\\\x0", "1\tff"}) {
    EXPECT_FALSE(append_line(batch, line)) << line;
    EXPECT_EQ(batch.rows, 0U);
    EXPECT_TRUE(batch.cells.empty());
    EXPECT_EQ(batch.arena.size(), 0U);
  }
}

TEST(CanonicalRows, values_without_plain_text_are_asked_for_together) {
  RowBatch batch = batch_of({TypeClass::int4, TypeClass::numeric, TypeClass::blob});
  const auto layout = std::make_shared<TableDef>(*batch.layout);
  layout->columns[0].type.log_id = 23;
  layout->columns[1].type.log_id = 1700;
  batch.layout = layout;
  size_t asked = 0;
  BinaryRows rows([&](std::span<const BinaryValue> values) -> Result<std::vector<std::string>> {
    ++asked;
    std::vector<std::string> out;
    for (const BinaryValue& value : values) out.push_back("<" + std::string(value.bytes) + ">");
    return out;
  });
  const std::string_view first("\0\3\0\0\0\4\0\0\0\7\0\0\0\1x\0\0\0\2\0\1", 21);
  const std::string_view second("\0\3\xff\xff\xff\xff\0\0\0\2yz\xff\xff\xff\xff", 16);
  ASSERT_TRUE(rows.append(batch, first));
  ASSERT_TRUE(rows.append(batch, second));
  ASSERT_TRUE(rows.finish(batch));
  EXPECT_EQ(asked, 1U);
  EXPECT_EQ(text(batch, 0, 0), "'7'");
  EXPECT_EQ(text(batch, 0, 1), "'<x>'");
  EXPECT_EQ(text(batch, 0, 2), std::string("'\0\1'", 4));
  EXPECT_EQ(text(batch, 1, 0), "NULL");
  EXPECT_EQ(text(batch, 1, 1), "'<yz>'");
  EXPECT_EQ(text(batch, 1, 2), "NULL");
  EXPECT_FALSE(rows.append(batch, std::string_view("\0\2", 2)));
}

}  // namespace
}  // namespace godwit::postgres
