#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace godwit {
namespace {

constexpr std::array names = {
    failpoints::slot_made,         failpoints::keeper_up,          failpoints::objects_dropped,
    failpoints::target_prepared,   failpoints::slice_half_way,     failpoints::slice_before_commit,
    failpoints::slice_commit_sent, failpoints::index_build,        failpoints::load_done,
    failpoints::before_catch_up,   failpoints::window_half_way,    failpoints::window_commit_sent,
    failpoints::window_committed,  failpoints::spool_segment_roll, failpoints::foreign_keys,
    failpoints::structure_change,  failpoints::structure_changed,  failpoints::structure_committed,
    failpoints::spool_write,       failpoints::merge_half_way,     failpoints::large_object_half_way,
    failpoints::reload_taken,      failpoints::reload_recorded};

struct Armed {
  std::string name, action;
  uint64_t pass = 1;
  std::atomic<uint64_t> seen{0};

  Armed() {
    const char* text = std::getenv("GODWIT_FAILPOINT");
    if (text == nullptr) return;
    const std::string spec(text);
    const size_t equals = spec.find('=');
    if (equals == std::string::npos) return;
    action = spec.substr(equals + 1);
    name = spec.substr(0, equals);
    const size_t at = name.find('@');
    if (at == std::string::npos) return;
    std::from_chars(name.data() + at + 1, name.data() + name.size(), pass);
    name.resize(at);
  }
};

Armed& armed() {
  static Armed one;
  return one;
}

void wait_for_file() {
  const char* path = std::getenv("GODWIT_FAILPOINT_FILE");
  while (path != nullptr && access(path, F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

std::span<const std::string_view> failpoint_names() {
  return names;
}

bool failpoint(std::string_view name) {
  static const bool any = !armed().name.empty();
  if (!any || armed().name != name) return false;
  if (armed().seen.fetch_add(1) + 1 != armed().pass) return false;
  if (armed().action == "kill") kill(getpid(), SIGKILL);
  if (armed().action == "pause") wait_for_file();
  return armed().action == "fail";
}

}  // namespace godwit
