#pragma once
// Names of resources (spec/api.md §3): arn:<partition>:dms:<region>:<account>:<type>:<resource id>.

#include <optional>
#include <string>
#include <string_view>

namespace godwit {

// Where this server's resources are named; fixed at its first start.
struct Namespace {
  std::string partition = "aws", region = "us-east-1", account = "000000000000";
};

struct Arn {
  std::string partition, region, account, type, id;  // type: "task", "endpoint", "rep", …
};

std::string make_arn(const Namespace& names, std::string_view type, std::string_view id);
// Nothing when the text is no ARN of a DMS resource. An id may hold colons.
std::optional<Arn> parse_arn(std::string_view text);
// The resource id, when the text is an ARN of this namespace and type.
std::optional<std::string> id_of(const Namespace& names, std::string_view arn, std::string_view type);

// 39 characters of A–Z2–7 from 24 random bytes.
std::string new_resource_id();

}  // namespace godwit
