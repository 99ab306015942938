#pragma once
// What Linux tells about this node (/proc), for the metrics of replication instances (spec/monitoring.md §5.1).
// Readings that the kernel does not give are absent: their metrics have no points then.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit {

struct HostMemory {
  uint64_t available_bytes = 0, free_bytes = 0;
  uint64_t freeable_bytes = 0;  // buffers and cache that can be reclaimed
  uint64_t swap_used_bytes = 0;
};

// Counters since the machine's start, and one level.
struct HostDisk {
  uint64_t reads = 0, writes = 0, read_bytes = 0, written_bytes = 0;
  uint64_t read_ms = 0, write_ms = 0;
  uint64_t in_flight = 0;
};

struct HostNetwork {
  uint64_t received_bytes = 0, sent_bytes = 0;  // over all interfaces but loopback
};

struct HostReadings {
  std::optional<HostMemory> memory{};
  std::optional<HostDisk> disk{};
  std::optional<HostNetwork> network{};
  std::optional<uint64_t> storage_free_bytes{};  // of the file system that holds the folder
  int64_t processors = 1;
};

// `folder`: whose disk and file system are read; where the device has no counters of its own (overlay file systems),
// all disks together.
HostReadings read_host(const std::string& folder);

// The parsers, total on any text.
std::optional<HostMemory> parse_meminfo(std::string_view text);
// `device`: "8:1"; empty or not there: all whole disks.
std::optional<HostDisk> parse_diskstats(std::string_view text, std::string_view device);
std::optional<HostNetwork> parse_net_dev(std::string_view text);

struct MonitoredInstance;
// AllocatedStorage less what its tasks' folders take, and never more than the file system has left.
uint64_t free_storage(const MonitoredInstance& instance, const HostReadings& host, uint64_t used_bytes);
// Its class's processors, as far as this node has them.
int64_t processors_of(const MonitoredInstance& instance, const HostReadings& host);

// Bytes of all files below a folder, as allocated.
uint64_t folder_bytes(const std::string& folder);

}  // namespace godwit
