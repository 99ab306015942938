#pragma once
// Tags of every kind of resource (spec/api.md §4.4, §6.9). They die with their resource: a trigger on its table
// (store/migrations.cpp) removes them.

#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"

namespace godwit {

struct Tag {
  std::string key, value;
};

// Of a new resource, in the transaction that makes it; or more of an old one. Later ones of the same key win.
// ResourceNotFoundFault for an ARN that names nothing here, InvalidParameterValueException for text that is no ARN or
// a tag against the rules, InvalidResourceStateFault beyond 50 tags.
Result<void> add_tags(Environment& environment, std::string_view arn, const std::vector<Tag>& tags);
// Keys that are not there are passed over.
Result<void> remove_tags(Environment& environment, std::string_view arn, const std::vector<std::string>& keys);
// In order of key.
Result<std::vector<Tag>> tags_of(Environment& environment, std::string_view arn);

// Whether this ARN names a resource of this server, by the table of kinds in store/resources.cpp; text that is no ARN
// of DMS gives InvalidParameterValueException.
Result<bool> resource_exists(Environment& environment, std::string_view arn);

}  // namespace godwit
