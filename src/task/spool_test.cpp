#include "task/spool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <thread>

namespace godwit {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "spool-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(path_)) out.push_back(entry.path().string());
    std::ranges::sort(out);
    return out;
  }

 private:
  fs::path path_;
};

const std::vector<std::shared_ptr<const TableDef>>& layouts() {
  static const std::vector<std::shared_ptr<const TableDef>> one = [] {
    TableDef def;
    def.columns.emplace_back().name = "v";
    return std::vector{std::make_shared<const TableDef>(std::move(def))};
  }();
  return one;
}

// One transaction that inserts one row: `number`, followed by so many bytes.
ChangeBatch batch_of(int number, size_t bytes = 0) {
  ChangeBatch batch;
  RowBatch& image = batch.images.emplace_back();
  image.layout = layouts()[0];
  image.append_value(fmt::format("{}:{}", number, std::string(bytes, 'x')));
  image.end_row();
  batch.changes.push_back({Op::insert, 0, Change::no_row, 0});
  batch.parts.push_back({7, TxnPart::Kind::commit, 0, 1, {"commit"}, {"end"}, 0});
  batch.read_to = {fmt::format("{}", number)};
  return batch;
}

int number_of(const ChangeBatch& batch) {
  const RowBatch& image = batch.images.at(0);
  EXPECT_EQ(image.rows, 1U);
  EXPECT_EQ(batch.changes.size(), 1U);
  const std::string value(image.bytes(image.cell(0, 0)));
  EXPECT_TRUE(value.starts_with(batch.read_to.text + ":"));
  return std::stoi(value);
}

std::unique_ptr<Spool> open_spool(const TemporaryFolder& folder, Spool::Limits limits) {
  auto spool = Spool::open(folder.path().string(), limits, layouts());
  EXPECT_TRUE(spool) << spool.error().message;
  return std::move(*spool);
}

void expect_put(Spool& spool, ChangeBatch batch) {
  const Result<bool> put = spool.put(batch);
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_TRUE(*put);
}

// The number of the next batch; -1 when there is none, -2 for an error.
int take_number(Spool& spool) {
  const auto taken = spool.take(0);
  if (!taken) return -2;
  return *taken ? number_of(**taken) : -1;
}

// A memory budget that holds one small batch and no second.
size_t one_batch() {
  return batch_of(0).memory_bytes() * 3 / 2;
}

TEST(Spool, order_is_kept_over_memory_disk_and_segments) {
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {4096, 10U << 20U, 2048});
  std::mt19937 random(3);
  int put = 0, taken = 0;
  size_t segments_max = 0;
  for (int round = 0; round < 100; ++round) {
    for (size_t count = random() % 20; count > 0; --count) expect_put(*spool, batch_of(put++, random() % 900));
    segments_max = std::max(segments_max, folder.files().size());
    EXPECT_EQ(spool->usage().batches, static_cast<uint64_t>(put - taken));
    for (size_t count = random() % 25; count > 0 && taken < put; --count) ASSERT_EQ(take_number(*spool), taken++);
  }
  while (taken < put) ASSERT_EQ(take_number(*spool), taken++);
  EXPECT_EQ(take_number(*spool), -1);
  EXPECT_GT(segments_max, 2U) << "the run never rolled a segment";
}

TEST(Spool, usage_counts_what_waits) {
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {one_batch(), 1U << 20U, 1U << 20U});
  const size_t in_memory = batch_of(0).memory_bytes();
  for (int i = 0; i < 3; ++i) expect_put(*spool, batch_of(i));
  Spool::Usage usage = spool->usage();
  EXPECT_EQ(usage.batches, 3U);
  EXPECT_EQ(usage.changes, 3U);
  EXPECT_EQ(usage.memory_bytes, in_memory);
  EXPECT_EQ(usage.disk_bytes, fs::file_size(folder.files().at(0)));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(take_number(*spool), i);
  usage = spool->usage();
  EXPECT_EQ(usage.batches + usage.changes + usage.memory_bytes + usage.disk_bytes, 0U);
}

TEST(Spool, put_is_refused_when_both_budgets_are_used_and_taken_again_after_takes) {
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {one_batch(), 3000, 1});
  int put = 0;
  for (; put < 100; ++put) {
    ChangeBatch batch = batch_of(put);
    const Result<bool> room = spool->put(batch);
    ASSERT_TRUE(room);
    if (*room) continue;
    EXPECT_EQ(number_of(batch), put) << "a refused batch must be left as it was";
    break;
  }
  ASSERT_GT(put, 2);
  ASSERT_LT(put, 100);
  // Order: nothing goes to memory while older batches wait on disk, so disk must give way first.
  int taken = 0;
  bool again = false;
  while (!again && taken < put) {
    ASSERT_EQ(take_number(*spool), taken++);
    ChangeBatch batch = batch_of(put);
    const Result<bool> room = spool->put(batch);
    ASSERT_TRUE(room);
    again = *room;
  }
  EXPECT_TRUE(again);
  EXPECT_LT(taken, put) << "a part of the disk budget must do";
  while (taken <= put) ASSERT_EQ(take_number(*spool), taken++);
}

TEST(Spool, a_batch_larger_than_all_budgets_passes_when_nothing_waits) {
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {1, 1, 1});
  for (int round = 0; round < 3; ++round) {
    expect_put(*spool, batch_of(round, 10000));
    ChangeBatch next = batch_of(99, 10000);
    const Result<bool> room = spool->put(next);
    ASSERT_TRUE(room);
    EXPECT_FALSE(*room);
    EXPECT_EQ(take_number(*spool), round);
  }
  EXPECT_TRUE(folder.files().empty());
}

// Bytes of the one segment of a spool that holds batch 0 in memory and batch 1 on disk, changed by `spoil`.
std::optional<Error> error_of_spoiled(const std::function<void(std::string&)>& spoil) {
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {one_batch(), 1U << 20U, 1U << 20U});
  for (int i = 0; i < 2; ++i) expect_put(*spool, batch_of(i, 20));
  const std::string segment = folder.files().at(0);
  std::ifstream in(segment, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  spoil(bytes);
  std::ofstream(segment, std::ios::binary | std::ios::trunc) << bytes;
  EXPECT_EQ(take_number(*spool), 0);
  const auto taken = spool->take(0);
  if (taken) return std::nullopt;
  return taken.error();
}

TEST(Spool, a_segment_that_was_not_touched_is_read) {
  EXPECT_FALSE(error_of_spoiled([](std::string&) {}));
}

TEST(Spool, a_damaged_byte_of_a_segment_is_an_error) {
  size_t size = 1;
  for (size_t at = 0; at < size; ++at) {
    const auto error = error_of_spoiled([&](std::string& bytes) {
      size = bytes.size();
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
    });
    ASSERT_TRUE(error) << "byte " << at << " of " << size;
    EXPECT_EQ(error->kind, ErrorKind::resource);
    EXPECT_EQ(error->code, "spool.io");
  }
  EXPECT_GT(size, 50U);
}

TEST(Spool, a_segment_cut_anywhere_is_an_error) {
  size_t size = 1;
  for (size_t length = 0; length < size; ++length)
    ASSERT_TRUE(error_of_spoiled([&](std::string& bytes) {
      size = bytes.size();
      bytes.resize(length);
    })) << length
        << " of " << size;
}

TEST(Spool, segments_go_when_they_are_read_and_when_the_spool_goes) {
  const TemporaryFolder folder;
  auto spool = open_spool(folder, {one_batch(), 1U << 20U, 1});
  for (int i = 0; i < 6; ++i) expect_put(*spool, batch_of(i));
  EXPECT_EQ(folder.files().size(), 5U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(take_number(*spool), i);
  EXPECT_EQ(folder.files().size(), 3U);
  spool.reset();
  EXPECT_TRUE(folder.files().empty());
}

TEST(Spool, leftovers_are_wiped_at_open_and_other_files_stay) {
  const TemporaryFolder folder;
  for (const char* name : {"00000000.spool", "00000007.spool", "task.log"})
    std::ofstream(folder.path() / name) << "from an earlier worker";
  const auto spool = open_spool(folder, {});
  EXPECT_EQ(folder.files(), std::vector<std::string>{(folder.path() / "task.log").string()});
  EXPECT_EQ(take_number(*spool), -1);
}

TEST(Spool, its_folder_is_made_and_an_impossible_one_is_an_error) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Spool::open((folder.path() / "a" / "b").string(), {}, layouts()));
  EXPECT_TRUE(fs::is_directory(folder.path() / "a" / "b"));
  std::ofstream(folder.path() / "file") << "in the way";
  const auto impossible = Spool::open((folder.path() / "file" / "b").string(), {}, layouts());
  ASSERT_FALSE(impossible);
  EXPECT_EQ(impossible.error().kind, ErrorKind::resource);
}

TEST(Spool, one_thread_puts_while_another_takes) {
  constexpr int count = 3000;
  const TemporaryFolder folder;
  const auto spool = open_spool(folder, {4096, 16384, 4096});
  std::jthread producer([&](const std::stop_token& stop) {
    std::mt19937 random(5);
    for (int i = 0; i < count; ++i) {
      ChangeBatch batch = batch_of(i, random() % 2000);
      for (;;) {
        const Result<bool> put = spool->put(batch);
        ASSERT_TRUE(put) << put.error().message;
        if (*put) break;
        if (stop.stop_requested()) return;  // the taker has failed
        std::this_thread::yield();
      }
    }
  });
  for (int next = 0; next < count;) {
    const auto taken = spool->take(1000);
    ASSERT_TRUE(taken) << taken.error().message;
    if (!*taken) continue;
    ASSERT_EQ(number_of(**taken), next++);
  }
  producer.join();
  EXPECT_EQ(spool->usage().batches, 0U);
}

}  // namespace
}  // namespace godwit
