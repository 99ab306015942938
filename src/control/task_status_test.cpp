#include "control/task_status.h"

#include <gtest/gtest.h>

#include <array>

#include "control/task_faults.h"

namespace godwit {
namespace {

using enum TaskStatus;
using Event = TaskStatusEvent;

constexpr std::array all = {creating, ready,     starting, running,     stopping, stopped,
                            failed,   modifying, moving,   failed_move, deleting, testing};

// Every status that an event leads on from, and where to; from all others it is refused (spec/api.md §5).
struct Row {
  Event event;
  std::vector<std::pair<TaskStatus, TaskStatus>> steps;
};

const Row table[] = {
    {Event::created, {{creating, ready}}},
    {Event::start_asked, {{ready, starting}, {stopped, starting}, {failed, starting}, {failed_move, starting}}},
    {Event::stop_asked, {{starting, stopping}, {running, stopping}}},
    {Event::modify_asked, {{ready, modifying}, {stopped, modifying}, {failed, modifying}, {failed_move, modifying}}},
    {Event::modified, {{modifying, ready}}},
    {Event::move_asked, {{ready, moving}, {stopped, moving}, {failed, moving}, {failed_move, moving}}},
    {Event::moved, {{moving, ready}}},
    {Event::move_failed, {{moving, failed_move}}},
    {Event::test_asked, {{ready, testing}, {stopped, testing}, {failed, testing}}},
    {Event::tested, {{testing, ready}}},
    {Event::delete_asked,
     {{ready, deleting},
      {stopped, deleting},
      {failed, deleting},
      {failed_move, deleting},
      {modifying, deleting},
      {moving, deleting},
      {testing, deleting}}},
    {Event::clean_up_failed, {{deleting, failed}}},
    {Event::worker_starts, {{starting, starting}, {running, starting}, {stopping, stopping}}},
    {Event::worker_runs, {{starting, running}, {running, running}, {stopping, stopping}}},
    {Event::worker_stops, {{starting, stopping}, {running, stopping}, {stopping, stopping}}},
    {Event::worker_stopped, {{starting, stopped}, {running, stopped}, {stopping, stopped}}},
    {Event::worker_failed, {{starting, failed}, {running, failed}, {stopping, failed}}},
};

TEST(TaskStatus, each_event_leads_on_from_its_states_alone) {
  for (const Row& row : table)
    for (const TaskStatus from : all) {
      std::optional<TaskStatus> expected;
      for (const auto& [state, to] : row.steps)
        if (state == from) expected = to;
      EXPECT_EQ(next(from, row.event), expected) << to_string(from) << " event " << static_cast<int>(row.event);
    }
}

TEST(TaskStatus, a_task_returns_to_where_it_rested) {
  for (const TaskStatus resting : {ready, stopped, failed, failed_move}) {
    EXPECT_EQ(next(modifying, Event::modified, resting), resting);
    EXPECT_EQ(next(moving, Event::moved, resting), resting);
    EXPECT_EQ(next(testing, Event::tested, resting), resting);
  }
}

TEST(TaskStatus, names_are_those_of_the_api_and_read_back) {
  EXPECT_EQ(to_string(failed_move), "failed-move");
  for (const TaskStatus status : all) EXPECT_EQ(task_status(to_string(status)), status);
  EXPECT_EQ(task_status("?"), failed);
}

TEST(TaskStatus, faults_have_the_words_clients_know) {
  const std::tuple<Event, TaskStatus, std::string_view> rows[] = {
      {Event::start_asked, running, "Replication Task cannot be started, invalid state"},
      {Event::start_asked, creating, "Replication Task cannot be started, invalid state"},
      {Event::modify_asked, running,
       "Replication Task, excluding logging severity task settings, cannot be modified while it is running state"},
      {Event::modify_asked, stopping, "Replication Task cannot be modified, invalid state: stopping. Stop it first."},
      {Event::stop_asked, ready, "Replication Task cannot be stopped, invalid state: ready"},
      {Event::delete_asked, running, "Replication Task cannot be deleted, invalid state: running. Stop it first."},
      {Event::move_asked, deleting, "Replication Task cannot be moved, invalid state: deleting"},
      {Event::test_asked, failed_move, "Replication Task cannot be assessed, invalid state: failed-move"},
  };
  for (const auto& [event, status, words] : rows) {
    const Error error = refused(event, status);
    EXPECT_EQ(error.code, "InvalidResourceStateFault");
    EXPECT_EQ(error.message, words);
  }
}

}  // namespace
}  // namespace godwit
