#include "engines/postgres/narrower_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <utility>

#include "base/text.h"

namespace godwit::postgres {
namespace {

using std::string_view;

constexpr int64_t unlimited = std::numeric_limits<int64_t>::max();

bool is_one_of(string_view word, std::initializer_list<string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// One word for each type, of those that have several.
string_view one_name(string_view name) {
  constexpr std::pair<string_view, string_view> names[] = {{"character varying", "varchar"},
                                                           {"character", "char"},
                                                           {"int", "integer"},
                                                           {"int2", "smallint"},
                                                           {"int4", "integer"},
                                                           {"int8", "bigint"},
                                                           {"decimal", "numeric"},
                                                           {"float4", "real"},
                                                           {"float8", "double precision"},
                                                           {"timestamp without time zone", "timestamp"},
                                                           {"timestamp with time zone", "timestamptz"},
                                                           {"time without time zone", "time"},
                                                           {"time with time zone", "timetz"},
                                                           {"bit varying", "varbit"}};
  const auto* found = std::ranges::find(names, name, &std::pair<string_view, string_view>::first);
  return found == std::end(names) ? name : found->second;
}

struct Sized {
  std::string base;
  std::optional<int64_t> first, second;
  bool is_array = false;

  explicit Sized(string_view text) {
    while (text.ends_with("[]")) {
      is_array = true;
      text.remove_suffix(2);
    }
    std::string name = lower_ascii(text);
    const size_t open = name.find('('), close = name.find(')');
    if (open != std::string::npos && close != std::string::npos && open < close) {
      read_sizes(string_view(name).substr(open + 1, close - open - 1));
      name.erase(open, close - open + 1);
    }
    base = one_name(name);
    if (is_one_of(base, {"char", "bit"}) && !first) first = 1;
    if (base == "bpchar") base = "char";
    if (base == "numeric" && first && !second) second = 0;
  }

  // Digits before the point of a whole number; 0: none.
  int64_t whole_digits() const {
    if (base == "smallint") return 5;
    if (base == "integer") return 10;
    if (base == "bigint") return 19;
    return 0;
  }
  bool is_text() const {
    return is_one_of(base, {"text", "varchar", "char", "citext", "name", "json", "jsonb", "xml"});
  }
  bool is_floating() const { return is_one_of(base, {"real", "double precision"}); }
  bool is_number() const { return base == "numeric" || is_floating() || whole_digits() > 0; }
  bool is_moment() const { return is_one_of(base, {"timestamp", "timestamptz"}); }
  bool is_time() const { return is_one_of(base, {"time", "timetz"}); }
  int64_t size() const { return first.value_or(unlimited); }

 private:
  void read_sizes(string_view text) {
    const auto number = [](string_view digits) {
      int64_t out = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), out);
      return out;
    };
    const size_t comma = text.find(',');
    first = number(text.substr(0, comma));
    if (comma != string_view::npos) second = number(text.substr(comma + 1));
  }
};

using Words = std::optional<std::string>;

constexpr string_view one_byte = "\"char\"";  // PostgreSQL's own, with its quotes

// Types of catalogues, which take what they can of a longer text.
Words in_name(const Sized& planned, const Sized& own) {
  constexpr int64_t name_bytes = 63, character_bytes = 4;
  if (!planned.is_text() || planned.base == own.base) return std::nullopt;
  if (own.base == one_byte) return "cuts them off after their first byte, without an error";
  const int64_t comes = planned.base == "varchar" || planned.base == "char" ? planned.size() : unlimited;
  if (comes <= name_bytes / character_bytes) return std::nullopt;
  return fmt::format("cuts those of more than {} bytes off there, without an error", name_bytes);
}

Words in_text(const Sized& planned, const Sized& own) {
  if (!planned.is_text() || !is_one_of(own.base, {"varchar", "char"})) return std::nullopt;
  const int64_t comes = planned.base == "varchar" || planned.base == "char" ? planned.size() : unlimited;
  if (comes > own.size()) return fmt::format("refuses those of more than {} characters", own.size());
  if (own.base == "char" && own.first && planned.base != "char")
    return "does not tell blanks at their end from those it fills up with";
  return std::nullopt;
}

Words in_whole(const Sized& planned, const Sized& own) {
  if (planned.whole_digits() > 0) {
    if (planned.whole_digits() <= own.whole_digits()) return std::nullopt;
    return fmt::format("refuses those beyond the range of {}", own.base);
  }
  const bool has_fractions = planned.base != "numeric" || !planned.second || *planned.second > 0;
  if (has_fractions) return fmt::format("refuses those with a fraction, and those beyond the range of {}", own.base);
  if (planned.size() < own.whole_digits()) return std::nullopt;
  return fmt::format("refuses those beyond the range of {}", own.base);
}

Words in_numeric(const Sized& planned, const Sized& own) {
  if (!own.first) return std::nullopt;
  const int64_t scale = own.second.value_or(0), before = *own.first - scale;
  const bool sized = planned.base == "numeric" && planned.first;
  const int64_t comes_before = sized                        ? *planned.first - planned.second.value_or(0)
                               : planned.whole_digits() > 0 ? planned.whole_digits()
                                                            : unlimited;
  const int64_t comes_behind = sized ? planned.second.value_or(0) : planned.whole_digits() > 0 ? 0 : unlimited;
  const std::string rounds = fmt::format("rounds them to {} digits behind the point, without an error", scale);
  const std::string refuses = fmt::format("refuses those of more than {} digits before the point", before);
  if (comes_behind > scale && comes_before > before) return refuses + ", and " + rounds;
  if (comes_behind > scale) return rounds;
  if (comes_before > before) return refuses;
  return std::nullopt;
}

Words in_floating(const Sized& planned, const Sized& own) {
  const int64_t digits = own.base == "real" ? 6 : 15;
  if (planned.base == own.base || planned.base == "real" || planned.base == "smallint") return std::nullopt;
  if (planned.base == "integer" && own.base != "real") return std::nullopt;
  if (planned.base == "numeric" && planned.size() <= digits) return std::nullopt;
  return fmt::format("rounds them to about {} digits, without an error", digits);
}

Words in_time(const Sized& planned, const Sized& own) {
  constexpr int64_t finest = 6;
  if (own.base == "date")
    return planned.is_moment() ? Words("cuts their time of day off, without an error") : std::nullopt;
  if (own.is_time() && planned.is_moment()) return "cuts their day off, without an error";
  const bool alike = (own.is_moment() && planned.is_moment()) || (own.is_time() && planned.is_time());
  if (!alike) return std::nullopt;
  if (planned.base.ends_with("tz") && !own.base.ends_with("tz")) return "drops their time zone, without an error";
  if (planned.first.value_or(finest) <= own.first.value_or(finest)) return std::nullopt;
  return fmt::format("rounds their seconds to {} digits of the fraction, without an error", *own.first);
}

Words in_bits(const Sized& planned, const Sized& own) {
  if (!is_one_of(planned.base, {"bit", "varbit"})) return std::nullopt;
  if (own.base == "bit" && !(planned.base == "bit" && planned.first == own.first))
    return fmt::format("refuses those of another length than {} bits", own.size());
  if (planned.size() > own.size()) return fmt::format("refuses those of more than {} bits", own.size());
  return std::nullopt;
}

}  // namespace

Words narrowing(string_view planned_type, string_view own_type) {
  const Sized planned(planned_type), own(own_type);
  if (planned.is_array != own.is_array) return std::nullopt;
  if (is_one_of(own.base, {"varchar", "char"})) return in_text(planned, own);
  if (is_one_of(own.base, {"name", one_byte})) return in_name(planned, own);
  if (is_one_of(own.base, {"bit", "varbit"})) return in_bits(planned, own);
  if (own.base == "date" || own.is_moment() || own.is_time()) return in_time(planned, own);
  if (!planned.is_number()) return std::nullopt;
  if (own.whole_digits() > 0) return in_whole(planned, own);
  if (own.base == "numeric") return in_numeric(planned, own);
  if (own.base == "money") return in_numeric(planned, Sized("numeric(18,2)"));  // every value of so many digits fits
  return own.is_floating() ? in_floating(planned, own) : std::nullopt;
}

}  // namespace godwit::postgres
