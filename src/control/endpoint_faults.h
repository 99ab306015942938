#pragma once
// One constructor per message of endpoints, connections, schema lists and certificates. Faults (control/faults.h),
// but for those of what is needed to connect, which a failed test tells: they are of lower-case codes.

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/endpoints.h"

namespace godwit {

// Endpoints.
Error engine_refused(std::string_view engine_name, std::string_view known);
Error endpoint_type_refused();
Error side_not_served(std::string_view engine_name, std::string_view type);
Error member_blank(std::string_view parameter);  // "serverName", as DMS writes it
Error control_character(std::string_view member);
Error server_name_refused();
Error port_refused(int64_t most);
Error secret_beside_login();
Error structure_of_other_engine(std::string_view structure, std::string_view engine_name, std::string_view own);
Error setting_refused(std::string_view structure, const Error& why);
Error ssl_not_of_engine(std::string_view engine_name);
Error ssl_mode_refused(std::string_view mode, std::string_view engine_name, std::string_view known);
Error certificate_arn_refused(std::string_view arn);
Error certificate_is_wallet(std::string_view engine_name);
Error certificate_needed(std::string_view ssl_mode);
Error endpoint_has_running_task(std::string_view endpoint, std::string_view task);
Error endpoint_side_in_use(const EndpointRecord& endpoint, std::string_view task);
Error endpoint_engine_in_use(const EndpointRecord& endpoint, std::string_view engine_name, std::string_view task);
Error endpoint_has_task(std::string_view endpoint, std::string_view task);

// Extra connection attributes. A part without a name is not repeated, since it may be the end of a password.
Error extra_attribute_refused(std::string_view name);
Error extra_value_refused(std::string_view name, const Error& why);
Error extra_part_refused(int part);

// Connections and schema lists.
Error no_connection(std::string_view instance_arn, std::string_view endpoint_arn);
Error connection_being_tested(std::string_view instance, std::string_view endpoint);
Error connection_has_task(std::string_view task);
Error not_tested(std::string_view for_what);  // "starting the replication task"
Error never_refreshed(std::string_view endpoint_arn);

// Certificates: InvalidCertificateFault.
Error certificate_refused(std::string_view why);
Error certificate_in_use(std::string_view certificate, std::string_view endpoint);

// Connecting.
Error engine_not_built(const EndpointRecord& endpoint);
Error certificate_gone(const EndpointRecord& endpoint);
Error certificate_file_not_written(std::string_view path, std::string_view why);
Error secret_refused(std::string_view id, std::string_view why);
Error no_secret_folder(std::string_view id);

}  // namespace godwit
