#include "data/change_codec.h"

#include <gtest/gtest.h>

#include <random>

namespace godwit {
namespace {

using Layouts = std::vector<std::shared_ptr<const TableDef>>;

std::shared_ptr<const TableDef> layout_of(size_t columns) {
  TableDef def;
  def.ref = {"s", "t" + std::to_string(columns)};
  for (size_t i = 0; i < columns; ++i) {
    ColumnDef column;
    column.name = "c" + std::to_string(i);
    def.columns.push_back(std::move(column));
  }
  return std::make_shared<const TableDef>(std::move(def));
}

class RandomBatch {
 public:
  RandomBatch(uint32_t seed, const Layouts& layouts) : random_(seed) {
    for (const auto& layout : layouts) {
      RowBatch& image = batch_.images.emplace_back();
      image.layout = layout;
      for (uint32_t rows = below(5); rows > 0; --rows) add_row(image);
    }
    for (uint32_t count = below(12); count > 0; --count) add_change();
    for (uint32_t count = below(4); count > 0; --count) add_part();
    for (uint32_t count = below(3); count > 0; --count)
      batch_.schema.push_back({below(layouts.size()),
                               below(batch_.changes.size() + 1),
                               {text()},
                               text(),
                               text(),
                               below(9),
                               {text()},
                               {text()},
                               below(2) == 0});
    for (uint32_t count = batch_.changes.empty() ? 0 : below(3); count > 0; --count)
      batch_.notes.push_back({below(batch_.changes.size()), static_cast<ChangeNote::Kind>(below(3)), text()});
    batch_.read_to = {text()};
  }
  ChangeBatch take() { return std::move(batch_); }

 private:
  uint32_t below(size_t limit) {
    return limit == 0 ? 0 : static_cast<uint32_t>(std::uniform_int_distribution<size_t>(0, limit - 1)(random_));
  }
  std::string text() {
    std::string out(below(20), '\0');
    for (char& c : out) c = static_cast<char>(below(256));
    return out;
  }
  void add_row(RowBatch& image) {
    for (size_t i = 0; i < image.width(); ++i) {
      const uint32_t kind = below(5);
      if (kind == 0)
        image.append_null();
      else if (kind == 1)
        image.append_unchanged();
      else
        image.append_value(kind == 2 ? std::string() : text());
    }
    image.end_row();
  }
  void add_change() {
    Change change;
    change.table = below(batch_.images.size());
    const auto rows = batch_.images[change.table].rows;
    change.op = rows == 0 ? Op::truncate : static_cast<Op>(below(4));
    if (change.op == Op::truncate) change.before_row = below(2) == 0 ? Change::no_row : below(100);
    if (change.op == Op::erase || (change.op == Op::update && below(2) == 0)) change.before_row = below(rows);
    if (change.op == Op::insert || change.op == Op::update) change.after_row = below(rows);
    change.keys_off = below(2) == 0;
    batch_.changes.push_back(change);
  }
  void add_part() {
    TxnPart part;
    part.xid = uint64_t{below(UINT32_MAX)} << 20U;
    part.kind = static_cast<TxnPart::Kind>(below(2));
    part.first = below(batch_.changes.size() + 1);
    part.count = below(batch_.changes.size() - part.first + 1);
    part.commit = {text()};
    part.end = {text()};
    part.commit_us = -1 - int64_t{below(UINT32_MAX)};
    batch_.parts.push_back(std::move(part));
  }

  std::mt19937 random_;
  ChangeBatch batch_;
};

void expect_equal(const RowBatch& a, const RowBatch& b) {
  ASSERT_EQ(a.rows, b.rows);
  ASSERT_EQ(a.cells.size(), b.cells.size());
  for (size_t i = 0; i < a.cells.size(); ++i) {
    ASSERT_EQ(a.cells[i].length, b.cells[i].length);
    ASSERT_EQ(a.bytes(a.cells[i]), b.bytes(b.cells[i]));
  }
}

void expect_equal(const ChangeBatch& a, const ChangeBatch& b) {
  ASSERT_EQ(a.images.size(), b.images.size());
  for (size_t i = 0; i < a.images.size(); ++i) expect_equal(a.images[i], b.images[i]);
  ASSERT_EQ(a.changes.size(), b.changes.size());
  for (size_t i = 0; i < a.changes.size(); ++i) {
    const Change &x = a.changes[i], &y = b.changes[i];
    ASSERT_EQ(std::tie(x.op, x.table, x.before_row, x.after_row), std::tie(y.op, y.table, y.before_row, y.after_row));
  }
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (size_t i = 0; i < a.parts.size(); ++i) {
    const TxnPart &x = a.parts[i], &y = b.parts[i];
    ASSERT_EQ(std::tie(x.xid, x.kind, x.first, x.count, x.commit, x.end, x.commit_us),
              std::tie(y.xid, y.kind, y.first, y.count, y.commit, y.end, y.commit_us));
  }
  ASSERT_EQ(a.schema.size(), b.schema.size());
  for (size_t i = 0; i < a.schema.size(); ++i) {
    const SchemaEvent &x = a.schema[i], &y = b.schema[i];
    ASSERT_EQ(
        std::tie(x.table, x.before_change, x.at, x.what, x.document, x.commit_us, x.before, x.done, x.unreadable),
        std::tie(y.table, y.before_change, y.at, y.what, y.document, y.commit_us, y.before, y.done, y.unreadable));
  }
  ASSERT_EQ(a.read_to, b.read_to);
}

const Layouts& layouts() {
  static const Layouts layouts = {layout_of(1), layout_of(3), layout_of(8)};
  return layouts;
}

TEST(ChangeCodec, any_batch_comes_back_as_it_was) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    const ChangeBatch batch = RandomBatch(seed, layouts()).take();
    ByteBuffer bytes;
    encode(batch, bytes);
    const auto decoded = decode(bytes.view(), layouts());
    ASSERT_TRUE(decoded) << "seed " << seed << ": " << decoded.error().message;
    expect_equal(batch, *decoded);
    for (size_t i = 0; i < layouts().size(); ++i) ASSERT_EQ(decoded->images[i].layout, layouts()[i]);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(ChangeCodec, bytes_cut_anywhere_give_an_error) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    ByteBuffer bytes;
    encode(RandomBatch(seed, layouts()).take(), bytes);
    for (size_t length = 0; length < bytes.size(); ++length) {
      const std::string exact(bytes.view(0, length));  // of its own, so that a sanitizer sees a read beyond it
      const auto decoded = decode(exact, layouts());
      ASSERT_FALSE(decoded) << "seed " << seed << ", " << length << " of " << bytes.size() << " bytes";
      ASSERT_EQ(decoded.error().code, "spool.damaged");
    }
  }
}

TEST(ChangeCodec, bytes_too_many_give_an_error) {
  ByteBuffer bytes;
  encode(RandomBatch(1, layouts()).take(), bytes);
  bytes.push_back('\0');
  EXPECT_FALSE(decode(bytes.view(), layouts()));
}

// Whatever the bytes say, rows and ranges that are answered exist.
TEST(ChangeCodec, spoiled_bytes_give_an_error_or_a_batch_that_holds_together) {
  std::mt19937 random(7);
  for (uint32_t seed = 0; seed < 400; ++seed) {
    ByteBuffer bytes;
    encode(RandomBatch(seed, layouts()).take(), bytes);
    std::string spoiled(bytes.view());
    for (int flips = 0; flips < 3; ++flips) spoiled[random() % spoiled.size()] = static_cast<char>(random());
    const auto decoded = decode(spoiled, layouts());
    if (!decoded) continue;
    for (const Change& change : decoded->changes) {
      ASSERT_LT(change.table, decoded->images.size());
      if (change.op == Op::truncate) continue;
      for (const uint32_t row : {change.before_row, change.after_row})
        ASSERT_TRUE(row == Change::no_row || row < decoded->images[change.table].rows);
    }
    for (const TxnPart& part : decoded->parts) ASSERT_LE(uint64_t{part.first} + part.count, decoded->changes.size());
    for (const RowBatch& image : decoded->images)
      for (const Cell& cell : image.cells) ASSERT_LE(image.bytes(cell).size(), image.arena.size());
  }
}

TEST(ChangeCodec, another_number_of_tables_gives_an_error) {
  ByteBuffer bytes;
  encode(RandomBatch(3, layouts()).take(), bytes);
  EXPECT_FALSE(decode(bytes.view(), std::span(layouts()).first(2)));
  EXPECT_FALSE(decode(bytes.view(), {}));
}

}  // namespace
}  // namespace godwit
