#pragma once
// What the server does with values that a column of the user's own making cannot hold as they are. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace godwit::postgres {

// Both types as DDL or format_type() has them; `planned`: the one the values come as. Goes on from "the server ".
// Nothing: the column holds them all, or one of the types is none of those that have sizes.
std::optional<std::string> narrowing(std::string_view planned, std::string_view own);

}  // namespace godwit::postgres
