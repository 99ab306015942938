#include "control/tags.h"

#include <algorithm>

#include "base/text.h"
#include "control/faults.h"
#include "control/resource_faults.h"
#include "store/resources.h"
#include "store/tags.h"

namespace godwit {
namespace {

constexpr size_t tags_max = 50, key_characters_max = 128, value_characters_max = 256;

struct NamedResource {
  std::string type, id;
};

size_t characters_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Of ASCII what the pattern of spec/api.md §4.4 allows; beyond it letters, digits and blanks of every script.
bool has_tag_characters(std::string_view text) {
  constexpr std::string_view signs = " _.:/=+-@";
  return std::ranges::all_of(text, [&](char c) {
    return (c & 0x80) != 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           signs.find(c) != std::string_view::npos;
  });
}

bool is_reserved(std::string_view text) {
  const std::string lower = lower_ascii(text.substr(0, 4));
  return lower == "aws:" || lower == "dms:";
}

Result<void> check_tag(const Tag& tag) {
  const size_t key = characters_of(tag.key);
  if (key == 0 || key > key_characters_max || !has_tag_characters(tag.key) || is_reserved(tag.key))
    return Failure(tag_key_refused(tag.key));
  if (characters_of(tag.value) > value_characters_max || !has_tag_characters(tag.value) || is_reserved(tag.value))
    return Failure(tag_value_refused(tag.key));
  return {};
}

// Nothing when the ARN names no resource of this server.
Result<std::optional<NamedResource>> resource_named(Environment& environment, std::string_view arn) {
  const auto parsed = parse_arn(arn);
  if (!parsed) return Failure(arn_refused("ResourceArn", arn));
  const ResourceKind* kind = find_resource_kind(parsed->type);
  if (kind == nullptr || !id_of(environment.names, arn, parsed->type)) return std::nullopt;
  auto id = TRY(find_resource(environment.database, *kind, parsed->id));
  if (!id) return std::nullopt;
  return NamedResource{.type = parsed->type, .id = std::move(*id)};
}

Result<NamedResource> require_resource(Environment& environment, std::string_view arn) {
  auto resource = TRY(resource_named(environment, arn));
  if (!resource) return Failure(not_found("Resource", arn));
  return std::move(*resource);
}

}  // namespace

Result<void> add_tags(Environment& environment, std::string_view arn, const std::vector<Tag>& tags) {
  for (const Tag& tag : tags) TRY(check_tag(tag));
  return environment.database.atomically([&]() -> Result<void> {
    const NamedResource resource = TRY(require_resource(environment, arn));
    for (const Tag& tag : tags) TRY(put_tag(environment.database, resource.type, resource.id, tag.key, tag.value));
    const auto all = TRY(list_tags(environment.database, resource.type, resource.id));
    if (all.size() > tags_max) return Failure(too_many_tags(arn, tags_max));
    return {};
  });
}

Result<void> remove_tags(Environment& environment, std::string_view arn, const std::vector<std::string>& keys) {
  return environment.database.atomically([&]() -> Result<void> {
    const NamedResource resource = TRY(require_resource(environment, arn));
    for (const std::string& key : keys) TRY(delete_tag(environment.database, resource.type, resource.id, key));
    return {};
  });
}

Result<std::vector<Tag>> tags_of(Environment& environment, std::string_view arn) {
  const NamedResource resource = TRY(require_resource(environment, arn));
  std::vector<Tag> tags;
  for (auto& [key, value] : TRY(list_tags(environment.database, resource.type, resource.id)))
    tags.push_back({.key = std::move(key), .value = std::move(value)});
  return tags;
}

Result<bool> resource_exists(Environment& environment, std::string_view arn) {
  return TRY(resource_named(environment, arn))
  .has_value();
}

}  // namespace godwit
