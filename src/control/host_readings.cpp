#include "control/host_readings.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "base/text.h"
#include "control/monitored_tasks.h"

namespace godwit {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t sector_bytes = 512;  // of /proc/diskstats, whatever the disk's own

std::string read_text(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!(line = trim(line)).empty()) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return out;
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_whole_disk(std::string_view name) {
  for (const std::string_view prefix : {"loop", "ram", "zram", "dm-", "md", "sr", "fd"})
    if (name.starts_with(prefix)) return false;
  std::error_code ignored;
  return fs::exists(fs::path("/sys/block") / name, ignored);
}

void add(HostDisk& disk, const std::vector<std::string_view>& fields) {
  disk.reads += number(fields[3]);
  disk.read_bytes += number(fields[5]) * sector_bytes;
  disk.read_ms += number(fields[6]);
  disk.writes += number(fields[7]);
  disk.written_bytes += number(fields[9]) * sector_bytes;
  disk.write_ms += number(fields[10]);
  disk.in_flight += number(fields[11]);
}

}  // namespace

std::optional<HostMemory> parse_meminfo(std::string_view text) {
  std::map<std::string_view, uint64_t> bytes;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto fields = words(text.substr(0, end));
    if (fields.size() >= 2) bytes[fields[0]] = number(fields[1]) * 1024;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!bytes.contains("MemAvailable:") || !bytes.contains("MemFree:")) return std::nullopt;
  const uint64_t cached = bytes["Cached:"] + bytes["Buffers:"] + bytes["SReclaimable:"];
  return HostMemory{.available_bytes = bytes["MemAvailable:"],
                    .free_bytes = bytes["MemFree:"],
                    .freeable_bytes = cached - std::min(cached, bytes["Shmem:"]),
                    .swap_used_bytes = bytes["SwapTotal:"] - std::min(bytes["SwapTotal:"], bytes["SwapFree:"])};
}

std::optional<HostDisk> parse_diskstats(std::string_view text, std::string_view device) {
  constexpr size_t fields_min = 14;
  std::optional<HostDisk> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto fields = words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (fields.size() < fields_min) continue;
    if (!device.empty() && fmt::format("{}:{}", fields[0], fields[1]) == device) {
      HostDisk one;
      add(one, fields);
      return one;
    }
    if (!is_whole_disk(fields[2])) continue;
    if (!all) all.emplace();
    add(*all, fields);
  }
  return all;
}

std::optional<HostNetwork> parse_net_dev(std::string_view text) {
  constexpr size_t fields_min = 16;
  std::optional<HostNetwork> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) == "lo") continue;
    const auto fields = words(line.substr(colon + 1));
    if (fields.size() < fields_min) continue;
    if (!all) all.emplace();
    all->received_bytes += number(fields[0]);
    all->sent_bytes += number(fields[8]);
  }
  return all;
}

HostReadings read_host(const std::string& folder) {
  HostReadings readings;
  readings.memory = parse_meminfo(read_text("/proc/meminfo"));
  struct stat place{};
  std::string device;
  if (::stat(folder.c_str(), &place) == 0) device = fmt::format("{}:{}", major(place.st_dev), minor(place.st_dev));
  readings.disk = parse_diskstats(read_text("/proc/diskstats"), device);
  readings.network = parse_net_dev(read_text("/proc/net/dev"));
  struct statvfs storage{};
  if (::statvfs(folder.c_str(), &storage) == 0)
    readings.storage_free_bytes = uint64_t{storage.f_bavail} * storage.f_frsize;
  readings.processors = std::max<int64_t>(::sysconf(_SC_NPROCESSORS_ONLN), 1);
  return readings;
}

uint64_t free_storage(const MonitoredInstance& instance, const HostReadings& host, uint64_t used_bytes) {
  const uint64_t allocated = static_cast<uint64_t>(std::max<int64_t>(instance.allocated_storage_gb, 0)) << 30U;
  return std::min(allocated - std::min(allocated, used_bytes), host.storage_free_bytes.value_or(UINT64_MAX));
}

int64_t processors_of(const MonitoredInstance& instance, const HostReadings& host) {
  return instance.processors > 0 ? std::min(instance.processors, host.processors) : host.processors;
}

uint64_t folder_bytes(const std::string& folder) {
  uint64_t total = 0;
  std::error_code ignored;  // what disappears under our hands takes no room
  for (fs::recursive_directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
    struct stat file{};
    if (::lstat(at->path().c_str(), &file) == 0 && S_ISREG(file.st_mode))
      total += static_cast<uint64_t>(file.st_blocks) * sector_bytes;
  }
  return total;
}

}  // namespace godwit
