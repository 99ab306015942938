#include "control/task_follow_up.h"

#include <algorithm>
#include <array>

namespace godwit {
namespace {

constexpr std::array<std::string_view, 6> kind_names = {"", "resume", "resuming", "gather", "gathered", "finish"};

}  // namespace

std::string to_string(const FollowUp& follow_up) {
  std::string text(kind_names[static_cast<size_t>(follow_up.kind)]);
  if (!follow_up.group.empty()) text += ":" + follow_up.group;
  return text;
}

FollowUp read_follow_up(std::string_view text) {
  const size_t colon = text.find(':');
  const auto at = std::ranges::find(kind_names, text.substr(0, colon));
  if (at == kind_names.end()) return {};
  return {.kind = static_cast<FollowUp::Kind>(at - kind_names.begin()),
          .group = std::string(colon == std::string_view::npos ? "" : text.substr(colon + 1))};
}

}  // namespace godwit
