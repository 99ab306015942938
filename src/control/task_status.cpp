#include "control/task_status.h"

#include <algorithm>
#include <array>
#include <vector>

namespace godwit {
namespace {

using enum TaskStatus;
using Event = TaskStatusEvent;

constexpr std::array<std::string_view, 12> names = {"creating", "ready",       "starting", "running",
                                                    "stopping", "stopped",     "failed",   "modifying",
                                                    "moving",   "failed-move", "deleting", "testing"};

struct Transition {
  Event event;
  std::vector<TaskStatus> from;
  std::optional<TaskStatus> to;  // nothing: the resting state that was left
};

const Transition transitions[] = {
    {Event::created, {creating}, ready},
    {Event::start_asked, {ready, stopped, failed, failed_move}, starting},
    {Event::stop_asked, {starting, running}, stopping},
    {Event::modify_asked, {ready, stopped, failed, failed_move}, modifying},
    {Event::modified, {modifying}, std::nullopt},
    {Event::move_asked, {ready, stopped, failed, failed_move}, moving},
    {Event::moved, {moving}, std::nullopt},
    {Event::move_failed, {moving}, failed_move},
    {Event::test_asked, {ready, stopped, failed}, testing},
    {Event::tested, {testing}, std::nullopt},
    {Event::delete_asked, {ready, stopped, failed, failed_move, modifying, moving, testing}, deleting},
    {Event::clean_up_failed, {deleting}, failed},
    {Event::worker_starts, {starting, running}, starting},
    {Event::worker_starts, {stopping}, stopping},
    {Event::worker_runs, {starting, running}, running},
    {Event::worker_runs, {stopping}, stopping},
    {Event::worker_stops, {starting, running, stopping}, stopping},
    {Event::worker_stopped, {starting, running, stopping}, stopped},
    {Event::worker_failed, {starting, running, stopping}, failed},
};

}  // namespace

std::string_view to_string(TaskStatus status) {
  return names[static_cast<size_t>(status)];
}

TaskStatus task_status(std::string_view text) {
  const auto at = std::ranges::find(names, text);
  return at == names.end() ? failed : static_cast<TaskStatus>(at - names.begin());
}

std::optional<TaskStatus> next(TaskStatus status, TaskStatusEvent event, TaskStatus resting) {
  for (const Transition& transition : transitions)
    if (transition.event == event && std::ranges::find(transition.from, status) != transition.from.end())
      return transition.to.value_or(resting);
  return std::nullopt;
}

bool is_live(TaskStatus status) {
  return status == starting || status == running || status == stopping;
}

}  // namespace godwit
