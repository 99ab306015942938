#include <fmt/format.h>

#include "app/commands.h"
#include "engines/all.h"
#include "task/drop_task.h"

namespace godwit {
namespace {

Result<DroppedTask> run(const DropArguments& arguments) {
  TaskContext context;
  context.source = TRY(parse_endpoint(arguments.source));
  context.target = TRY(parse_endpoint(arguments.target));
  context.source_engine = TRY(find_engine(context.source.scheme));
  context.target_engine = TRY(find_engine(context.target.scheme));
  context.task_id = arguments.task_id;
  context.settings = TRY(parse_settings("{}"));
  context.settings.control_tables_settings.control_schema = arguments.control_schema;
  return drop_task(context, arguments.force);
}

}  // namespace

int drop(const DropArguments& arguments) {
  const auto dropped = run(arguments);
  if (!dropped) {
    fmt::print(stderr, "error: {} [{}]\n", dropped.error().message, dropped.error().code);
    return dropped.error().kind == ErrorKind::usage ? 2 : 1;
  }
  if (!dropped->remark.empty()) fmt::print("{}\n", dropped->remark);
  if (dropped->had_capture)
    fmt::print("Removed slot and publications {} from the source.\n", dropped->capture);
  else if (dropped->users_slot)
    fmt::print("Slot {} is yours and stays on the source, which keeps its log from there on.\n", dropped->capture);
  else
    fmt::print("The source holds no slot of task {}.\n", arguments.task_id);
  if (dropped->had_record)
    fmt::print("Removed position, ledger and record of task {} from the target; tables and exceptions stay.\n",
               arguments.task_id);
  else
    fmt::print("The target holds no record of task {}.\n", arguments.task_id);
  return 0;
}

}  // namespace godwit
