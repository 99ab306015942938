#include "task/table_state.h"

namespace godwit {

std::string_view to_string(TableState state) {
  switch (state) {
    case TableState::does_not_exist:
      return "Table does not exist";
    case TableState::before_load:
      return "Before load";
    case TableState::full_load:
      return "Full load";
    case TableState::completed:
      return "Table completed";
    case TableState::cancelled:
      return "Table cancelled";
    case TableState::error:
      return "Table error";
    case TableState::reloading:
      return "Table is being reloaded";
  }
  return "";
}

std::optional<TableState> next(TableState state, TableEvent event) {
  using enum TableState;
  if (state == does_not_exist) return std::nullopt;
  switch (event) {
    case TableEvent::load_starts:
      if (state == before_load || state == cancelled || state == reloading) return full_load;
      return std::nullopt;
    case TableEvent::load_ends:
      // A task of changes alone has no load: its tables are complete once it is active.
      if (state == full_load || state == before_load) return completed;
      return std::nullopt;
    case TableEvent::load_stops:
      if (state == full_load || state == reloading) return cancelled;
      return std::nullopt;
    case TableEvent::fails:
      return error;
    case TableEvent::reload_asked:
      return reloading;
  }
  return std::nullopt;
}

}  // namespace godwit
