#include "control/host_readings.h"

#include <gtest/gtest.h>

#include "control/monitored_tasks.h"

namespace godwit {
namespace {

TEST(HostReadingsTest, memory_is_read_as_the_kernel_writes_it) {
  const auto memory = parse_meminfo(
      "MemTotal:        8000 kB\nMemFree:         1000 kB\nMemAvailable:    5000 kB\nBuffers:          100 kB\n"
      "Cached:          2000 kB\nShmem:            300 kB\nSReclaimable:     50 kB\nSwapTotal:        900 kB\n"
      "SwapFree:         400 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->available_bytes, 5000U * 1024);
  EXPECT_EQ(memory->free_bytes, 1000U * 1024);
  EXPECT_EQ(memory->freeable_bytes, 1850U * 1024);
  EXPECT_EQ(memory->swap_used_bytes, 500U * 1024);
  EXPECT_FALSE(parse_meminfo("MemFree: 1 kB\n"));
  EXPECT_FALSE(parse_meminfo(""));
}

constexpr std::string_view disks =
    "   8       0 sda 100 5 2000 30 200 6 4000 50 3 70 80 0 0 0 0 0 0\n"
    "   8       1 sda1 10 0 20 3 20 0 40 5 1 7 8 0 0 0 0 0 0\n"
    "   7       0 loop0 9 9 9 9 9 9 9 9 9 9 9\n";

TEST(HostReadingsTest, the_folders_disk_is_read) {
  const auto disk = parse_diskstats(disks, "8:1");
  ASSERT_TRUE(disk);
  EXPECT_EQ(disk->reads, 10U);
  EXPECT_EQ(disk->read_bytes, 20U * 512);
  EXPECT_EQ(disk->read_ms, 3U);
  EXPECT_EQ(disk->writes, 20U);
  EXPECT_EQ(disk->written_bytes, 40U * 512);
  EXPECT_EQ(disk->write_ms, 5U);
  EXPECT_EQ(disk->in_flight, 1U);
}

TEST(HostReadingsTest, all_networks_but_loopback_are_added_up) {
  const auto network = parse_net_dev(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo\n"
      "    lo:    9999       1    0    0    0     0          0         0     9999       1    0    0    0     0       "
      "0          0\n"
      "  eth0:    1000       1    0    0    0     0          0         0      500       1    0    0    0     0       "
      "0          0\n"
      "eth1:7 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n");
  ASSERT_TRUE(network);
  EXPECT_EQ(network->received_bytes, 1007U);
  EXPECT_EQ(network->sent_bytes, 505U);
  EXPECT_FALSE(parse_net_dev("x"));
}

TEST(HostReadingsTest, free_storage_is_what_is_allocated_and_there) {
  const MonitoredInstance instance{.identifier = "i", .allocated_storage_gb = 5, .processors = 4};
  const uint64_t gb = uint64_t{1} << 30U;
  EXPECT_EQ(free_storage(instance, {.storage_free_bytes = 100 * gb}, gb), 4 * gb);
  EXPECT_EQ(free_storage(instance, {.storage_free_bytes = 2 * gb}, gb), 2 * gb);
  EXPECT_EQ(free_storage(instance, {}, 9 * gb), 0U);
  EXPECT_EQ(processors_of(instance, {.processors = 2}), 2);
  EXPECT_EQ(processors_of({}, {.processors = 8}), 8);
}

TEST(HostReadingsTest, this_host_is_read) {
  const HostReadings host = read_host(testing::TempDir());
  EXPECT_TRUE(host.memory);
  EXPECT_TRUE(host.storage_free_bytes);
  EXPECT_GE(host.processors, 1);
}

}  // namespace
}  // namespace godwit
