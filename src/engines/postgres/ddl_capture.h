#pragma once
// Structure changes of the source, told in its log (engine.md §9; spec/engine-postgresql.md §8, control-tables.md
// §9). Event triggers write what a command made of a table into godwit_ddl_audit, in the command's own transaction,
// so that the change stands in the log at its place; DMS's awsdms_ddl_audit is kept beside it. Both tables stay
// empty. All tasks on a database share them; godwit_ddl_tasks says who uses them, and the last one removes them.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/endpoint.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/stream_decoder.h"

namespace godwit::postgres {

// The table that the triggers write into, in DdlArtifactsSchema.
inline constexpr std::string_view ddl_audit_name = "godwit_ddl_audit";

struct DdlSettings {
  bool capture = true;            // CaptureDdls
  std::string schema = "public";  // DdlArtifactsSchema
};
Result<DdlSettings> ddl_settings(const Endpoint& endpoint);

// Makes what is missing of tables, functions and triggers, and notes the task. Nothing, with the reason in `why_not`,
// when the role may not and nobody has made them before, or made them so that this task cannot use them. `publishes`:
// the audit table is to be put into a publication, which is its owner's right.
Result<std::optional<AuditTable>> set_up_ddl_capture(Connection& session, const DdlSettings& settings,
                                                     std::string_view capture_name, bool publishes,
                                                     std::string& why_not);
// The audit table of a task that has one and whose role may use it.
Result<std::optional<AuditTable>> find_ddl_capture(Connection& session, const DdlSettings& settings,
                                                   std::string_view capture_name);
// Forgets the task; does nothing where the role may not use them. The last one takes Godwit's triggers, functions and
// tables with it, and DMS's if Godwit made them.
Result<void> remove_ddl_capture(Connection& session, const DdlSettings& settings, std::string_view capture_name);

}  // namespace godwit::postgres
