#pragma once
// What the server makes, without an error, of values that a column of the user's own making cannot hold as they are.
// Pure.

#include <cstdint>
#include <optional>
#include <string>

#include "data/type.h"

namespace godwit::mysql {

// As information_schema.columns says it.
struct OwnColumn {
  std::string data_type;                   // DATA_TYPE, lower case
  std::optional<int64_t> length;           // CHARACTER_MAXIMUM_LENGTH
  std::optional<int64_t> precision;        // NUMERIC_PRECISION
  std::optional<int64_t> scale;            // NUMERIC_SCALE
  std::optional<int64_t> fraction_digits;  // DATETIME_PRECISION
};

struct Bend {
  std::string what;  // goes on from "the server "
  // Nothing but blanks at the end of texts is lost, behind so many characters.
  std::optional<uint32_t> blanks_kept = std::nullopt;
};

// `planned`: the type that the target would have made for the values. Nothing: it keeps them or refuses them. What is
// not known to be kept is told.
std::optional<Bend> bend_of(const Type& planned, const OwnColumn& column);

// A source's text of a fixed length: blanks at its end mean nothing.
bool pads_with_blanks(const Type& source);

}  // namespace godwit::mysql
