#include "mapping/mask.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "mapping/convert.h"
#include "mapping/digest.h"

namespace godwit {
namespace {

// "-007.50" is "-7.50".
void drop_leading_zeros(std::string& number) {
  const size_t start = number.starts_with('-') ? 1 : 0;
  size_t zeros = 0;
  while (start + zeros + 1 < number.size() && number[start + zeros] == '0' && is_digit(number[start + zeros + 1]))
    ++zeros;
  number.erase(start, zeros);
}

}  // namespace

bool mask_fits(MaskAction action, TypeClass type) {
  if (is_character(type)) return true;
  return action == MaskAction::digits_randomize && (is_integer(type) || type == TypeClass::numeric);
}

size_t declared_length(const Type& type) {
  if (type.length) return static_cast<size_t>(*type.length);
  const std::string_view native = type.native;
  const size_t open = native.rfind('(');
  size_t length = 0;
  if (open == std::string_view::npos || !native.ends_with(')')) return 0;
  std::from_chars(native.data() + open + 1, native.data() + native.size(), length);
  return length;
}

Masker::Masker() : random_(std::random_device{}()) {}

bool Masker::mask(const Mask& mask, const Type& type, std::string_view value, std::string& out,
                  std::string_view& why) {
  if (!mask_fits(mask.action, type.type_class)) {
    why = "the rule does not fit the column's type";
    return false;
  }
  out = value;
  switch (mask.action) {
    case MaskAction::digits_mask:
      std::ranges::replace_if(out, is_digit, mask.digit);
      return true;
    case MaskAction::digits_randomize:
      if (randomize(type, value, out)) return true;
      why = "no other number of the same digits fits the column's type";
      return false;
    case MaskAction::hash_mask:
      break;
  }
  const DigestText digest = sha256_text(value);
  const size_t room = declared_length(type);
  if (room != 0 && room < digest.size()) {
    why = "the column's type has no room for the 64 characters of a hash";
    return false;
  }
  out.assign(digest.data(), digest.size());
  return true;
}

bool Masker::randomize(const Type& type, std::string_view value, std::string& out) {
  constexpr int tries = 1000;  // one in seven fits, where the fewest do (int1)
  std::uniform_int_distribution<int> digit('0', '9');
  for (int i = 0; i < tries; ++i) {
    out = value;
    for (char& c : out)
      if (is_digit(c)) c = static_cast<char>(digit(random_));
    if (is_character(type.type_class)) return true;
    drop_leading_zeros(out);
    std::string scratch;
    std::string_view number, why;
    if (!convert(type, type, out, scratch, number, why)) continue;
    out = std::string(number);
    return true;
  }
  out = value;
  return false;
}

}  // namespace godwit
