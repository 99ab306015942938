// Tags of all resources (spec/api.md §6.9).

#include "control/tags.h"

#include <set>

#include "api/operations.h"
#include "api/tag_input.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

using nlohmann::json;

Result<json> add(const Call& call) {
  TRY(add_tags(call.environment, call.text("ResourceArn"), read_tags(call)));
  return json::object();
}

Result<json> remove(const Call& call) {
  TRY(remove_tags(call.environment, call.text("ResourceArn"), call.texts("TagKeys")));
  return json::object();
}

Result<json> list(const Call& call) {
  if (call.has("ResourceArn") == call.has("ResourceArnList")) return Failure(tag_arns_wanted_once());
  const bool many = call.has("ResourceArnList");
  const auto arns = many ? call.texts("ResourceArnList") : std::vector{call.text("ResourceArn")};
  constexpr size_t arns_max = 200;
  if (arns.size() > arns_max) return Failure(too_many_tag_arns(arns.size(), arns_max));
  std::set<std::string_view> named;
  for (const std::string& arn : arns)
    if (!named.insert(arn).second) return Failure(tag_arn_named_twice(arn));
  json tags = json::array();
  for (const std::string& arn : arns)
    for (const Tag& tag : TRY(tags_of(call.environment, arn))) {
      json one = {{"Key", tag.key}, {"Value", tag.value}};
      if (many) one["ResourceArn"] = arn;
      tags.push_back(std::move(one));
    }
  return json{{"TagList", std::move(tags)}};
}

constexpr Operation operations[] = {
    {"AddTagsToResource", add, Role::operator_},
    {"RemoveTagsFromResource", remove, Role::operator_},
    {"ListTagsForResource", list, Role::viewer},
};

}  // namespace

std::span<const Operation> tag_operations() {
  return operations;
}

}  // namespace godwit
