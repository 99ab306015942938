#pragma once
// The three masking actions (spec/table-mappings.md §4.2) on canonical text.

#include <random>
#include <string>
#include <string_view>

#include "data/type.h"
#include "mapping/rules.h"

namespace godwit {

struct Mask {
  MaskAction action = MaskAction::hash_mask;
  char digit = '*';
};

// Whether the action is made for such a column.
bool mask_fits(MaskAction action, TypeClass type);

// Characters the type holds at most, as its length or its native text says; 0: any number.
size_t declared_length(const Type& type);

class Masker {
 public:
  Masker();
  // `out` is replaced. False: the rule does not fit the type, whose value is left; `why` says so as part of a
  // sentence. Randomized numbers stay within their type.
  bool mask(const Mask& mask, const Type& type, std::string_view value, std::string& out, std::string_view& why);

 private:
  bool randomize(const Type& type, std::string_view value, std::string& out);
  std::mt19937_64 random_;
};

}  // namespace godwit
