#include "task/table_state.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using enum TableState;

TEST(TableState, every_event_leads_from_every_state_where_the_table_says) {
  constexpr TableEvent events[] = {TableEvent::load_starts, TableEvent::load_ends, TableEvent::load_stops,
                                   TableEvent::fails, TableEvent::reload_asked};
  constexpr std::nullopt_t never = std::nullopt;
  const struct {
    TableState from;
    std::optional<TableState> to[5];  // by event
  } table[] = {
      // clang-format off
      //                load_starts load_ends  load_stops fails  reload_asked
      {does_not_exist, {never,      never,     never,     never, never}},
      {before_load,    {full_load,  completed, never,     error, reloading}},
      {full_load,      {never,      completed, cancelled, error, reloading}},
      {completed,      {never,      never,     never,     error, reloading}},
      {cancelled,      {full_load,  never,     never,     error, reloading}},
      {error,          {never,      never,     never,     error, reloading}},
      {reloading,      {full_load,  never,     cancelled, error, reloading}},
      // clang-format on
  };
  for (const auto& row : table)
    for (size_t e = 0; e < std::size(events); ++e)
      EXPECT_EQ(next(row.from, events[e]), row.to[e]) << to_string(row.from) << ", event " << e;
}

TEST(TableState, names_are_those_that_clients_match) {
  const struct {
    TableState state;
    std::string_view name;
  } cases[] = {
      {does_not_exist, "Table does not exist"}, {before_load, "Before load"},   {full_load, "Full load"},
      {completed, "Table completed"},           {cancelled, "Table cancelled"}, {error, "Table error"},
      {reloading, "Table is being reloaded"},
  };
  for (const auto& c : cases) EXPECT_EQ(to_string(c.state), c.name);
}

}  // namespace
}  // namespace godwit
