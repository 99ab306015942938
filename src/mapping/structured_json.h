#pragma once
// PostgreSQL's texts of arrays, ranges and composite values as JSON, for targets that have none of them. Pure; each
// replaces `out`, and is false where the text is no such value.

#include <string>
#include <string_view>

#include "data/type.h"

namespace godwit {

// {1,NULL,{2}} as [1,null,[2]]: numbers, truth values and JSON documents as such, everything else, NaN and infinities
// too, as strings. Of an array whose indexes do not begin at 1: {"bounds":"[0:1]","elements":[…]}.
bool array_to_json(std::string_view text, ValueForm element, std::string& out);

// [1,5) as {"lower":1,"upper":5,"bounds":"[)"}, a bound that is not there as null; empty as {"empty":true}; a
// multirange as an array of these.
bool range_to_json(std::string_view text, ValueForm bound, std::string& out);

// (1,,"a b") as ["1",null,"a b"].
bool composite_to_json(std::string_view text, std::string& out);

}  // namespace godwit
