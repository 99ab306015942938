#pragma once
// One constructor per message of instances, subnet groups, tags, events, subscriptions and names.

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace godwit {

Error identifier_refused(std::string_view member, std::string_view text, size_t longest);
Error subnet_group_identifier_refused(std::string_view text);

Error instance_class_refused(std::string_view text);
Error storage_refused(int64_t gb, int64_t lowest, int64_t highest);
Error storage_cannot_shrink(int64_t gb, int64_t now_gb);
Error engine_version_refused(std::string_view text);
Error engine_version_is_no_upgrade(std::string_view text, std::string_view now);
Error major_upgrade_not_allowed(std::string_view text, std::string_view now);
Error network_type_refused(std::string_view text);
Error dns_name_servers_refused(std::string_view text);
Error maintenance_window_refused(std::string_view text);
Error maintenance_window_too_short(std::string_view text);
Error zone_with_multi_az();
Error no_modifications();
Error instance_not_available(std::string_view identifier, std::string_view status);
Error instance_has_tasks(std::string_view identifier, int64_t tasks);
Error failover_needs_multi_az();
Error failover_kinds_exclude_each_other();
Error storage_quota_exceeded(int64_t gb, int64_t most_gb);
Error maintenance_action_refused(std::string_view text);
Error opt_in_type_refused(std::string_view text);
Error no_such_maintenance_action(std::string_view action, std::string_view arn);

Error subnet_group_exists(std::string_view identifier);
Error subnet_group_description_refused();
Error subnets_do_not_cover_zones();
Error subnet_refused(std::string_view text);
Error subnet_given_twice(std::string_view subnet);
Error subnet_in_use(std::string_view subnet, std::string_view instance);
Error subnet_group_in_use(std::string_view identifier, std::string_view instance);

Error arn_refused(std::string_view member, std::string_view text);
Error tag_key_refused(std::string_view key);
Error tag_value_refused(std::string_view key);
Error too_many_tags(std::string_view arn, size_t most);
Error tag_arns_wanted_once();
Error too_many_tag_arns(size_t given, size_t most);
Error tag_arn_named_twice(std::string_view arn);

Error source_type_refused(std::string_view text);
Error event_category_refused(std::string_view text, std::string_view source_type, std::string_view allowed);
Error source_ids_without_type();
Error source_type_has_source_ids(std::string_view source_type);
Error event_duration_refused(int64_t minutes, int64_t most);
Error event_times_over_determined();
Error event_times_reversed();
Error topic_refused(std::string_view why);

}  // namespace godwit
