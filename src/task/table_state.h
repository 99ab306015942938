#pragma once
// DMS's table states and which event leads where (spec/full-load.md §8): a pure function, tested as a table.

#include <optional>
#include <string_view>

namespace godwit {

enum class TableState { does_not_exist, before_load, full_load, completed, cancelled, error, reloading };

enum class TableEvent { load_starts, load_ends, load_stops, fails, reload_asked };

// The exact strings clients match.
std::string_view to_string(TableState state);

// Nothing: the event cannot happen in this state.
std::optional<TableState> next(TableState state, TableEvent event);

}  // namespace godwit
