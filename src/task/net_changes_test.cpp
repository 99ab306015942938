#include "task/net_changes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "base/text.h"

namespace godwit {
namespace {

// A table of the columns c0, c1, c2 with the key in the first `key_columns`.
TargetTable table_of(uint32_t key_columns) {
  TableDef def;
  def.ref = {"s", "t"};
  for (int i = 0; i < 3; ++i) def.columns.emplace_back().name = fmt::format("c{}", i);
  def.key = KeyDef{"t_pkey", {}};
  for (uint32_t i = 0; i < key_columns; ++i) def.key->columns.push_back(i);
  const auto shared = std::make_shared<const TableDef>(std::move(def));
  return {shared, shared, shared};
}

// One column's value: '~' for one that the log did not carry, NULL for null.
std::string value_text(const RowBatch& batch, const Cell& cell) {
  if (cell.length == Cell::unchanged) return "~";
  if (cell.length == Cell::null) return "NULL";
  return std::string(batch.bytes(cell));
}

std::string row_text(const RowBatch& batch, uint32_t row) {
  std::vector<std::string> values;
  for (size_t c = 0; c < batch.width(); ++c) values.push_back(value_text(batch, batch.cell(row, c)));
  return join(values, " ");
}

// Changes written for people: "+ 1 x y" inserts, "= 1 x ~" updates, "= 1 a b -> 1 x y" updates with the old row,
// "- 1 ~ ~" deletes. Every change has images of its own, as if each came in another batch.
class ChangeLog {
 public:
  explicit ChangeLog(const TargetTable& table) : table_(table) {}

  void add(std::string_view text) {
    const char op = text[0];
    const size_t arrow = text.find(" -> ");
    const std::string_view first = text.substr(2, arrow == std::string_view::npos ? arrow : arrow - 2);
    ChangeView view;
    view.table = &table_;
    view.op = op == '+' ? Op::insert : op == '=' ? Op::update : Op::erase;
    if (op == '-' || arrow != std::string_view::npos) {
      view.before = row_of(first);
      view.before_row = 1;
    }
    if (op != '-') {
      view.after = row_of(arrow == std::string_view::npos ? first : text.substr(arrow + 4));
      view.after_row = 1;
    }
    views_.push_back(view);
  }
  const std::vector<ChangeView>& views() const { return views_; }

 private:
  // The row is the second of its batch, so that a row number that gets lost is noticed.
  const RowBatch* row_of(std::string_view values) {
    RowBatch& batch = images_.emplace_back();
    batch.layout = table_.layout;
    for (size_t c = 0; c < batch.width(); ++c) batch.append_value("wrong row");
    batch.end_row();
    for (const std::string& value : split(values, ' ')) {
      if (value == "~")
        batch.append_unchanged();
      else if (value == "NULL")
        batch.append_null();
      else
        batch.append_value(value);
    }
    batch.end_row();
    return &batch;
  }

  const TargetTable& table_;
  std::deque<RowBatch> images_;
  std::vector<ChangeView> views_;
};

std::string told(const NetResult& result) {
  if (!result.fits) return "no: " + result.why;
  std::vector<std::string> lines;
  for (const ChangeView& view : result.net.erased) lines.push_back("- " + row_text(*view.before, view.before_row));
  for (const ChangeView& view : result.net.updated) lines.push_back("= " + row_text(*view.after, view.after_row));
  for (const ChangeView& view : result.net.inserted) lines.push_back("+ " + row_text(*view.after, view.after_row));
  return join(lines, "; ");
}

struct Case {
  std::vector<std::string_view> log;
  std::string_view net;
};

void expect_net(const TargetTable& table, std::span<const Case> cases) {
  for (const Case& c : cases) {
    ChangeLog log(table);
    std::string shown;
    for (const std::string_view change : c.log) {
      log.add(change);
      shown += fmt::format("[{}]", change);
    }
    EXPECT_EQ(told(net_changes(table, log.views())), c.net) << shown;
  }
}

TEST(NetChanges, every_run_of_operations_on_one_key_has_its_net_effect) {
  const Case cases[] = {
      {{}, ""},
      {{"+ 1 x y"}, "+ 1 x y"},
      {{"= 1 x y"}, "= 1 x y"},
      {{"- 1 ~ ~"}, "- 1 ~ ~"},
      {{"+ 1 x y", "= 1 p q"}, "+ 1 p q"},
      {{"+ 1 x y", "- 1 ~ ~"}, ""},
      {{"= 1 x y", "= 1 p q"}, "= 1 p q"},
      {{"= 1 x y", "- 1 ~ ~"}, "- 1 ~ ~"},
      {{"- 1 ~ ~", "+ 1 p q"}, "- 1 ~ ~; + 1 p q"},
      {{"+ 1 x y", "- 1 ~ ~", "+ 1 p q"}, "+ 1 p q"},
      {{"+ 1 x y", "= 1 p q", "- 1 ~ ~"}, ""},
      {{"= 1 x y", "- 1 ~ ~", "+ 1 p q"}, "- 1 ~ ~; + 1 p q"},
      {{"- 1 ~ ~", "+ 1 x y", "= 1 p q"}, "- 1 ~ ~; + 1 p q"},
      {{"- 1 x y", "+ 1 p q", "- 1 p q"}, "- 1 x y"},
      {{"- 1 x y", "+ 1 p q", "- 1 p q", "+ 1 r s"}, "- 1 x y; + 1 r s"},
  };
  expect_net(table_of(1), cases);
}

// Rows of a table with a filter may be there or not: '?' before a delete that may find none, '*' before an update
// whose row comes in from outside, '!' before one that has to be looked up.
TEST(NetChanges, rows_that_may_lie_outside_a_filter_are_deleted_unseen_and_written_anew) {
  const Case cases[] = {
      {{"?- 1 ~ ~"}, "(- 1 ~ ~)"},
      {{"?- 1 ~ ~", "?- 1 ~ ~"}, "(- 1 ~ ~)"},
      {{"*= 1 x y"}, "+ 1 x y; (- 1 x y)"},
      {{"*= 1 x ~"}, "look up 1 x ~"},
      {{"!= 1 x y"}, "look up 1 x y"},
      {{"*= 1 x y", "*= 1 p ~"}, "+ 1 p y; (- 1 x y)"},
      {{"+ 1 x y", "*= 1 p ~"}, "+ 1 p y"},
      {{"+ 1 x y", "?- 1 ~ ~"}, ""},
      {{"?- 1 ~ ~", "*= 1 x y"}, "+ 1 x y; (- 1 ~ ~)"},
      {{"?- 1 ~ ~", "*= 1 x ~"}, "look up 1 x ~"},
      {{"*= 1 x y", "?- 1 ~ ~"}, "(- 1 x y)"},
      {{"?- 1 ~ ~", "+ 1 x y"}, "+ 1 x y; (- 1 ~ ~)"},
      {{"!= 1 x y", "?- 1 ~ ~", "+ 1 p q"}, "look up 1 x y"},
      {{"*= 1 x y", "= 1 p q"}, "+ 1 p q; (- 1 x y)"},
  };
  const TargetTable table = table_of(1);
  for (const Case& c : cases) {
    ChangeLog log(table);
    std::vector<WhenMissing> missing;
    std::string shown;
    for (std::string_view change : c.log) {
      shown += fmt::format("[{}]", change);
      missing.push_back(change[0] == '?'   ? WhenMissing::ignore
                        : change[0] == '*' ? WhenMissing::insert
                        : change[0] == '!' ? WhenMissing::look_up
                                           : WhenMissing::report);
      if (missing.back() != WhenMissing::report) change.remove_prefix(1);
      log.add(change);
    }
    std::vector<ChangeView> views = log.views();
    for (size_t i = 0; i < views.size(); ++i) views[i].when_missing = missing[i];
    const NetResult result = net_changes(table, views);
    std::vector<std::string> lines;
    if (const std::string net = told(result); !net.empty()) lines.push_back(net);
    for (const ChangeView& view : result.net.erased_if_there)
      lines.push_back("(- " + row_text(*view.before, view.before_row) + ")");
    for (const ChangeView& view : result.look_up) lines.push_back("look up " + row_text(*view.after, view.after_row));
    EXPECT_EQ(join(lines, "; "), c.net) << shown;
  }
}

TEST(NetChanges, cells_that_the_log_did_not_carry_come_from_the_change_before) {
  const Case cases[] = {
      {{"= 1 x ~"}, "= 1 x ~"},
      {{"+ 1 x y", "= 1 p ~"}, "+ 1 p y"},
      {{"+ 1 x y", "= 1 p ~", "= 1 ~ q"}, "+ 1 p q"},
      {{"= 1 x ~", "= 1 ~ q"}, "= 1 x q"},
      {{"= 1 x ~", "= 1 p ~"}, "= 1 p ~"},
      {{"= 1 NULL y", "= 1 ~ q"}, "= 1 NULL q"},
      {{"= 1 x y", "= 1 ~ NULL"}, "= 1 x NULL"},
      {{"= 1 x y", "= 1 p ~", "= 1 r s"}, "= 1 r s"},
      {{"- 1 ~ ~", "+ 1 x y", "= 1 ~ q"}, "- 1 ~ ~; + 1 x q"},
  };
  expect_net(table_of(1), cases);
}

TEST(NetChanges, runs_that_no_set_can_tell_do_not_fit) {
  const Case cases[] = {
      {{"+ 1 x y", "+ 1 p q"}, "no: a key is inserted twice"},
      {{"= 1 x y", "+ 1 p q"}, "no: a key is inserted twice"},
      {{"- 1 ~ ~", "+ 1 x y", "+ 1 p q"}, "no: a key is inserted twice"},
      {{"- 1 ~ ~", "= 1 p q"}, "no: a deleted key is updated"},
      {{"= 1 x y", "- 1 ~ ~", "= 1 p q"}, "no: a deleted key is updated"},
      {{"- 1 ~ ~", "- 1 ~ ~"}, "no: a key is deleted twice"},
      {{"= 1 x y", "- 1 ~ ~", "- 1 ~ ~"}, "no: a key is deleted twice"},
      {{"= 1 ~ ~ -> 2 x y"}, "no: a key changes"},
      {{"= 1 x y -> 2 x y"}, "no: a key changes"},
      {{"= 1 ~ ~ -> 12 x y"}, "no: a key changes"},
      {{"= 1 x y -> NULL x y"}, "no: a key changes"},
      {{"+ 7 a b", "= 1 ~ ~ -> 2 x y", "+ 8 a b"}, "no: a key changes"},
      {{"+ NULL x y"}, "no: a key value is missing"},
      {{"= ~ x y"}, "no: a key value is missing"},
      {{"- ~ x y"}, "no: a key value is missing"},
  };
  expect_net(table_of(1), cases);
}

TEST(NetChanges, whole_old_rows_count_as_the_key_they_hold) {
  const Case cases[] = {
      {{"= 1 x y -> 1 p q"}, "= 1 p q"},
      {{"= 1 x y -> ~ p q"}, "= ~ p q"},
      {{"= 1 x y -> 1 p ~", "= 1 p y -> 1 ~ q"}, "= 1 p q"},
      {{"+ 1 x y", "= 1 x y -> 1 p ~"}, "+ 1 p y"},
      {{"+ 1 x y", "- 1 x y"}, ""},
      {{"= 1 x y -> 1 p q", "- 1 p q"}, "- 1 p q"},
      {{"- 1 x y", "+ 1 p q"}, "- 1 x y; + 1 p q"},
  };
  expect_net(table_of(1), cases);
}

TEST(NetChanges, keys_are_told_apart_and_keep_the_order_of_their_first_change) {
  const Case one_column[] = {
      {{"+ 3 a b", "+ 1 a b", "= 3 p q", "+ 2 a b"}, "+ 3 p q; + 1 a b; + 2 a b"},
      {{"= 2 a b", "- 1 ~ ~", "= 3 a b", "- 4 ~ ~"}, "- 1 ~ ~; - 4 ~ ~; = 2 a b; = 3 a b"},
      {{"+ 1 a b", "+ 10 a b", "- 1 ~ ~"}, "+ 10 a b"},
  };
  expect_net(table_of(1), one_column);
  const Case two_columns[] = {
      {{"+ a bc y", "+ ab c y"}, "+ a bc y; + ab c y"}, {{"+ a bc y", "- a bc ~"}, ""},
      {{"= a b ~ -> a c y"}, "no: a key changes"},      {{"= a b x -> a b y"}, "= a b y"},
      {{"+ a NULL y"}, "no: a key value is missing"},
  };
  expect_net(table_of(2), two_columns);
}

TEST(NetChanges, an_update_is_found_by_the_key_even_when_its_cells_were_merged) {
  const TargetTable table = table_of(1);
  ChangeLog log(table);
  log.add("= 1 x y -> 1 p ~");
  log.add("= 1 p y -> 1 ~ q");
  const NetResult result = net_changes(table, log.views());
  ASSERT_EQ(result.net.updated.size(), 1U);
  EXPECT_EQ(result.net.updated[0].finder_bytes(0), "1");
  EXPECT_EQ(result.merged.size(), 1U);
}

// --- random runs -----------------------------------------------------------------------------------------------

using Row = std::array<std::string, 2>;
using Rows = std::map<std::string, Row>;

// Random changes of five keys. `rows` follows them one by one.
class RandomLog {
 public:
  RandomLog(uint32_t seed, ChangeLog& log) : random_(seed), log_(log) {
    for (int key = 0; key < 5; ++key)
      if (chance(2)) rows_[fmt::format("{}", key)] = {value(), value()};
    before_ = rows_;
  }

  void add_possible_change() {
    const std::string key = fmt::format("{}", random_() % 5);
    const auto at = rows_.find(key);
    if (at == rows_.end())
      insert(key);
    else if (chance(3))
      erase(key);
    else
      update(key, at->second);
  }
  void add_any_change() {
    const auto key = random_() % 5;
    const char* shapes[] = {"+ {0} a b", "= {0} c ~", "= {0} a b -> {0} e ~", "- {0} ~ ~", "- {0} a b"};
    log_.add(fmt::format(fmt::runtime(shapes[random_() % 5]), key));
  }
  bool chance(uint32_t one_in) { return random_() % one_in == 0; }
  const Rows& before() const { return before_; }
  const Rows& after() const { return rows_; }

 private:
  std::string value() { return chance(6) ? "NULL" : fmt::format("v{}", ++values_); }

  void insert(const std::string& key) {
    rows_[key] = {value(), value()};
    log_.add(fmt::format("+ {} {} {}", key, rows_[key][0], rows_[key][1]));
  }
  void erase(const std::string& key) {
    log_.add(chance(2) ? fmt::format("- {} ~ ~", key) : fmt::format("- {} {} {}", key, rows_[key][0], rows_[key][1]));
    rows_.erase(key);
  }
  void update(const std::string& key, Row& row) {
    const std::string old = chance(2) ? fmt::format("{} {} {} -> ", key, row[0], row[1]) : "";
    Row sent = {"~", "~"};
    for (size_t c = 0; c < row.size(); ++c)
      if (!chance(3)) sent[c] = row[c] = value();
    log_.add(fmt::format("= {}{} {} {}", old, key, sent[0], sent[1]));
  }

  std::mt19937 random_;
  ChangeLog& log_;
  Rows before_, rows_;
  int values_ = 0;
};

// What set statements make of the rows; each row must be found, or be absent, as its set promises.
void apply_sets(const NetChanges& net, Rows& rows) {
  for (const ChangeView& view : net.erased) ASSERT_EQ(rows.erase(std::string(view.finder_bytes(0))), 1U);
  for (const ChangeView& view : net.updated) {
    const auto row = rows.find(std::string(view.finder_bytes(0)));
    ASSERT_NE(row, rows.end());
    for (uint32_t c = 1; c < 3; ++c) {
      const Cell& cell = view.after->cell(view.after_row, c);
      if (cell.length != Cell::unchanged) row->second[c - 1] = value_text(*view.after, cell);
    }
  }
  for (const ChangeView& view : net.inserted) {
    Row row;
    for (uint32_t c = 1; c < 3; ++c) row[c - 1] = value_text(*view.after, view.after->cell(view.after_row, c));
    ASSERT_TRUE(rows.emplace(view.finder_bytes(0), row).second);
  }
}

TEST(NetChanges, the_sets_give_the_same_rows_as_the_changes_one_by_one) {
  const TargetTable table = table_of(1);
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    ChangeLog log(table);
    RandomLog random(seed, log);
    for (uint32_t count = seed % 30; count > 0; --count) random.add_possible_change();
    const NetResult result = net_changes(table, log.views());
    ASSERT_TRUE(result.fits) << "seed " << seed << ": " << result.why;
    Rows rows = random.before();
    apply_sets(result.net, rows);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    ASSERT_EQ(rows, random.after()) << "seed " << seed;
  }
}

TEST(NetChanges, whatever_the_log_says_each_set_names_a_key_once) {
  const TargetTable table = table_of(1);
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    ChangeLog log(table);
    RandomLog random(seed, log);
    for (uint32_t count = seed % 9; count > 0; --count) random.add_any_change();
    const NetResult result = net_changes(table, log.views());
    if (!result.fits) continue;
    std::set<std::string_view> found, made;
    for (const auto* views : {&result.net.erased, &result.net.updated})
      for (const ChangeView& view : *views) ASSERT_TRUE(found.insert(view.finder_bytes(0)).second) << "seed " << seed;
    for (const ChangeView& view : result.net.inserted)
      ASSERT_TRUE(made.insert(view.finder_bytes(0)).second) << "seed " << seed;
  }
}

}  // namespace
}  // namespace godwit
