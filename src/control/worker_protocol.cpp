#include "control/worker_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "base/json_fields.h"
#include "control/worker_errors.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
constexpr int64_t highest = std::numeric_limits<int64_t>::max();

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// ---- members by name: one list for writing and reading

template <class Object, class Value>
struct Member {
  const char* name;
  Value Object::* at;
};

template <class Object>
struct Members {
  std::span<const Member<Object, std::string>> texts;
  std::span<const Member<Object, int64_t>> integers;
  std::span<const Member<Object, uint64_t>> counts;
  std::span<const Member<Object, bool>> flags;
};

template <class Object>
void write(json& out, const Object& object, const Members<Object>& members) {
  for (const auto& [name, at] : members.texts) out[name] = object.*at;
  for (const auto& [name, at] : members.integers) out[name] = object.*at;
  for (const auto& [name, at] : members.counts) out[name] = object.*at;
  for (const auto& [name, at] : members.flags) out[name] = object.*at;
}

// What is absent keeps its default.
template <class Object>
Result<void> read(const JsonFields& fields, Object& object, const Members<Object>& members) {
  for (const auto& [name, at] : members.texts)
    if (auto value = TRY(fields.text(name))) object.*at = std::move(*value);
  for (const auto& [name, at] : members.integers)
    if (const auto value = TRY(fields.integer(name, lowest, highest))) object.*at = *value;
  for (const auto& [name, at] : members.counts)
    if (const auto value = TRY(fields.integer(name, 0, highest))) object.*at = static_cast<uint64_t>(*value);
  for (const auto& [name, at] : members.flags)
    if (const auto value = TRY(fields.boolean(name))) object.*at = *value;
  return {};
}

// ---- tables

constexpr std::array<Member<TableStatistics, std::string>, 1> table_texts = {{{"reason", &TableStatistics::reason}}};
constexpr std::array<Member<TableStatistics, int64_t>, 2> table_integers = {
    {{"load_start_us", &TableStatistics::load_start_us}, {"load_end_us", &TableStatistics::load_end_us}}};
constexpr std::array<Member<TableStatistics, uint64_t>, 20> table_counts = {
    {{"full_load_rows", &TableStatistics::full_load_rows},
     {"full_load_error_rows", &TableStatistics::full_load_error_rows},
     {"full_load_bytes", &TableStatistics::full_load_bytes},
     {"estimated_rows", &TableStatistics::estimated_rows},
     {"estimated_bytes", &TableStatistics::estimated_bytes},
     {"inserts", &TableStatistics::inserts},
     {"updates", &TableStatistics::updates},
     {"deletes", &TableStatistics::deletes},
     {"truncates", &TableStatistics::truncates},
     {"applied_inserts", &TableStatistics::applied_inserts},
     {"applied_updates", &TableStatistics::applied_updates},
     {"applied_deletes", &TableStatistics::applied_deletes},
     {"applied_truncates", &TableStatistics::applied_truncates},
     {"ddls", &TableStatistics::ddls},
     {"applied_ddls", &TableStatistics::applied_ddls},
     {"parked", &TableStatistics::parked},
     {"ignored", &TableStatistics::ignored},
     {"dropped", &TableStatistics::dropped},
     {"filtered", &TableStatistics::filtered},
     {"mended", &TableStatistics::mended}}};
constexpr std::array<Member<TableStatistics, bool>, 1> table_flags = {{{"reloaded", &TableStatistics::reloaded}}};
constexpr Members<TableStatistics> table_members = {table_texts, table_integers, table_counts, table_flags};

json to_value(const WorkerTable& table) {
  json out = {{"schema", table.figures.table.schema},
              {"name", table.figures.table.name},
              {"state", to_string(table.figures.state)},
              {"updated_us", table.updated_us}};
  write(out, table.figures, table_members);
  return out;
}

Result<TableState> table_state(const std::string& text) {
  for (const TableState state :
       {TableState::does_not_exist, TableState::before_load, TableState::full_load, TableState::completed,
        TableState::cancelled, TableState::error, TableState::reloading})
    if (to_string(state) == text) return state;
  return Failure(errors::worker_message("an unknown table state"));
}

Result<TableRef> read_name(const JsonFields& fields) {
  TableRef out;
  out.schema = TRY(fields.text("schema"))
  .value_or("");
  out.name = TRY(fields.text("name"))
  .value_or("");
  return out;
}

Result<WorkerTable> read_table(const JsonFields& fields) {
  WorkerTable out;
  out.figures.table = TRY(read_name(fields));
  out.figures.state = TRY(table_state(TRY(fields.text("state")).value_or("")));
  out.updated_us = TRY(fields.integer("updated_us", lowest, highest))
  .value_or(0);
  TRY(read(fields, out.figures, table_members));
  return out;
}

Result<std::vector<WorkerTable>> read_tables(const JsonFields& fields) {
  std::vector<WorkerTable> out;
  for (const JsonFields& table : TRY(fields.objects("tables"))) out.push_back(TRY(read_table(table)));
  return out;
}

// ---- figures of a task

using Figures = WorkerStatistics;
constexpr std::array<Member<Figures, std::string>, 1> figure_texts = {{{"phase", &Figures::phase}}};
constexpr std::array<Member<Figures, int64_t>, 9> figure_integers = {
    {{"run", &Figures::run},
     {"full_load_percent", &Figures::full_load_percent},
     {"elapsed_ms", &Figures::elapsed_ms},
     {"full_load_start_us", &Figures::full_load_start_us},
     {"full_load_finish_us", &Figures::full_load_finish_us},
     {"latency_source_ms", &Figures::latency_source_ms},
     {"latency_target_ms", &Figures::latency_target_ms},
     {"applied_us", &Figures::applied_us},
     {"cpu_us", &Figures::cpu_us}}};
constexpr std::array<Member<Figures, uint64_t>, 20> figure_counts = {
    {{"tables_loaded", &Figures::tables_loaded},
     {"tables_loading", &Figures::tables_loading},
     {"tables_queued", &Figures::tables_queued},
     {"tables_errored", &Figures::tables_errored},
     {"incoming_changes", &Figures::incoming_changes},
     {"changes_memory_source", &Figures::changes_memory_source},
     {"changes_disk_source", &Figures::changes_disk_source},
     {"changes_memory_target", &Figures::changes_memory_target},
     {"changes_disk_target", &Figures::changes_disk_target},
     {"loaded_rows", &Figures::loaded_rows},
     {"loaded_bytes", &Figures::loaded_bytes},
     {"captured_changes", &Figures::captured_changes},
     {"captured_bytes", &Figures::captured_bytes},
     {"applied_changes", &Figures::applied_changes},
     {"applied_bytes", &Figures::applied_bytes},
     {"memory_bytes", &Figures::memory_bytes},
     {"swap_bytes", &Figures::swap_bytes},
     {"spool_disk_bytes", &Figures::spool_disk_bytes},
     {"lob_truncations", &Figures::lob_truncations},
     {"bulk_fallbacks", &Figures::bulk_fallbacks}}};
constexpr std::array<Member<Figures, bool>, 2> figure_flags = {
    {{"follows", &Figures::follows}, {"has_begun", &Figures::has_begun}}};
constexpr Members<Figures> figure_members = {figure_texts, figure_integers, figure_counts, figure_flags};
constexpr std::array<std::string_view, 5> severity_names = {"error", "warning", "info", "debug", "detailed_debug"};

void write_members(json& out, const Figures& figures) {
  write(out, figures, figure_members);
  json& lines = out["log_lines"] = json::array();
  for (const LogLineCount& each : figures.log_lines)
    lines.push_back({{"component", to_string(each.component)},
                     {"severity", severity_names[static_cast<size_t>(each.severity)]},
                     {"lines", each.lines}});
}

Result<void> read_members(const JsonFields& fields, Figures& figures) {
  TRY(read(fields, figures, figure_members));
  for (const JsonFields& entry : TRY(fields.objects("log_lines"))) {
    const std::optional<Component> component = component_of(TRY(entry.text("component")).value_or(""));
    const auto at = std::ranges::find(severity_names, TRY(entry.text("severity")).value_or(""));
    const int64_t lines = TRY(entry.integer("lines", 0, highest))
    .value_or(0);
    if (component && at != severity_names.end() && figures.log_lines.size() < component_count * severity_names.size())
      figures.log_lines.push_back(
          {*component, static_cast<Severity>(at - severity_names.begin()), static_cast<uint64_t>(lines)});
  }
  return {};
}

// ---- a task's captures, and how they are removed

constexpr std::array<Member<CaptureTrace, std::string>, 3> capture_texts = {
    {{"source_system", &CaptureTrace::source_system},
     {"target_system", &CaptureTrace::target_system},
     {"capture", &CaptureTrace::capture}}};
constexpr std::array<Member<CaptureTrace, bool>, 2> capture_flags = {
    {{"users", &CaptureTrace::users}, {"kept", &CaptureTrace::kept}}};
constexpr Members<CaptureTrace> capture_members = {capture_texts, {}, {}, capture_flags};

constexpr std::array<Member<CleanUpLine, std::string>, 1> clean_up_texts = {{{"error", &CleanUpLine::error}}};
constexpr std::array<Member<CleanUpLine, bool>, 3> clean_up_flags = {
    {{"restored", &CleanUpLine::restored},
     {"ends", &CleanUpLine::ends},
     {"holds_definitions", &CleanUpLine::holds_definitions}}};
constexpr Members<CleanUpLine> clean_up_members = {clean_up_texts, {}, {}, clean_up_flags};

// ---- one message

json to_value(const WorkerHello& hello) {
  return {{"message", "hello"}, {"task", hello.task_id}, {"run", hello.run}, {"pid", hello.pid}};
}
json to_value(const WorkerFigures& figures) {
  json out = {{"message", "figures"},           {"running", figures.running},
              {"ending", figures.ending},       {"reading_paused", figures.reading_paused},
              {"disk_full", figures.disk_full}, {"checkpoint", figures.checkpoint},
              {"setback", figures.setback},     {"attempt", figures.attempt},
              {"restarted", figures.restarted}};
  write_members(out, figures.statistics);
  return out;
}
json to_value(const WorkerTables& tables) {
  json out = {{"message", "tables"}, {"all", tables.all}, {"tables", json::array()}};
  for (const WorkerTable& table : tables.tables) out["tables"].push_back(to_value(table));
  return out;
}
json to_value(const ReloadTaken& taken) {
  return {{"message", "taken"}, {"order", taken.order}};
}

Result<WorkerMessage> read_hello(const JsonFields& fields) {
  WorkerHello out;
  out.task_id = TRY(fields.text("task"))
  .value_or("");
  out.run = TRY(fields.integer("run", 1, highest))
  .value_or(0);
  out.pid = TRY(fields.integer("pid", 1, std::numeric_limits<int32_t>::max()))
  .value_or(0);
  if (out.task_id.empty() || out.run == 0 || out.pid == 0) return Failure(errors::worker_message("half a hello"));
  return out;
}

Result<WorkerMessage> read_figures(const JsonFields& fields) {
  WorkerFigures out;
  out.running = TRY(fields.boolean("running"))
  .value_or(false);
  out.ending = TRY(fields.boolean("ending"))
  .value_or(false);
  out.reading_paused = TRY(fields.boolean("reading_paused"))
  .value_or(false);
  out.disk_full = TRY(fields.boolean("disk_full"))
  .value_or(false);
  out.checkpoint = TRY(fields.text("checkpoint"))
  .value_or("");
  out.setback = TRY(fields.text("setback"))
  .value_or("");
  out.attempt = TRY(fields.integer("attempt", 0, highest))
  .value_or(0);
  out.restarted = TRY(fields.text("restarted"))
  .value_or("");
  TRY(read_members(fields, out.statistics));
  return out;
}

json to_value(const StopCommand& command) {
  return {{"command", "stop"}, {"recycle", command.recycle}};
}
json to_value(const ReloadCommand& command) {
  json out = {{"command", "reload"}, {"order", command.order}, {"tables", json::array()}};
  for (const TableRef& table : command.tables)
    out["tables"].push_back({{"schema", table.schema}, {"name", table.name}});
  return out;
}
json to_value(const SeverityCommand& command) {
  json out = {{"command", "severities"}, {"severities", json::array()}};
  for (const auto& [component, severity] : command.severities)
    out["severities"].push_back(
        {{"component", to_string(component)}, {"severity", severity_names[static_cast<size_t>(severity)]}});
  return out;
}

Result<ReloadCommand> read_reload(const JsonFields& fields) {
  ReloadCommand out;
  out.order = TRY(fields.integer("order", 0, highest))
  .value_or(0);
  for (const JsonFields& table : TRY(fields.objects("tables"))) out.tables.push_back(TRY(read_name(table)));
  return out;
}

Result<WorkerCommand> read_severities(const JsonFields& fields) {
  SeverityCommand out;
  for (const JsonFields& entry : TRY(fields.objects("severities"))) {
    const std::optional<Component> component = component_of(TRY(entry.text("component")).value_or(""));
    const auto at = std::ranges::find(severity_names, TRY(entry.text("severity")).value_or(""));
    if (component && at != severity_names.end())
      out.severities.emplace_back(*component, static_cast<Severity>(at - severity_names.begin()));
  }
  return out;
}

Result<json> parse(std::string_view text, std::string_view what) {
  if (text.size() > worker_line_bytes_max) return Failure(errors::worker_message("more than a message may hold"));
  return parse_json(text, what);
}

// ---- the order

constexpr std::array<std::string_view, 3> start_kinds = {"fresh", "resume", "reload-target"};

constexpr std::array<Member<WorkerJob, std::string>, 12> job_texts = {{{"task", &WorkerJob::task_id},
                                                                       {"server", &WorkerJob::server_name},
                                                                       {"type", &WorkerJob::type},
                                                                       {"source", &WorkerJob::source},
                                                                       {"target", &WorkerJob::target},
                                                                       {"mappings", &WorkerJob::mappings},
                                                                       {"settings", &WorkerJob::settings},
                                                                       {"start_position", &WorkerJob::start_position},
                                                                       {"came_to", &WorkerJob::came_to},
                                                                       {"stop_position", &WorkerJob::stop_position},
                                                                       {"state_dir", &WorkerJob::state_dir},
                                                                       {"restarted", &WorkerJob::restarted}}};
constexpr std::array<Member<WorkerJob, int64_t>, 2> job_integers = {
    {{"run", &WorkerJob::run}, {"fresh_run", &WorkerJob::fresh_run}}};
constexpr std::array<Member<WorkerJob, bool>, 1> job_flags = {{{"has_begun", &WorkerJob::has_begun}}};
constexpr Members<WorkerJob> job_members = {job_texts, job_integers, {}, job_flags};

constexpr std::array<Member<WorkerOutcome, std::string>, 3> outcome_texts = {
    {{"stop_reason", &WorkerOutcome::stop_reason},
     {"failure", &WorkerOutcome::failure},
     {"checkpoint", &WorkerOutcome::checkpoint}}};
constexpr std::array<Member<WorkerOutcome, int64_t>, 2> outcome_integers = {
    {{"run", &WorkerOutcome::run}, {"pid", &WorkerOutcome::pid}}};
constexpr std::array<Member<WorkerOutcome, bool>, 4> outcome_flags = {
    {{"failed", &WorkerOutcome::failed},
     {"recoverable", &WorkerOutcome::recoverable},
     {"was_running", &WorkerOutcome::was_running},
     {"has_findings", &WorkerOutcome::has_findings}}};
constexpr Members<WorkerOutcome> outcome_members = {outcome_texts, outcome_integers, {}, outcome_flags};

}  // namespace

bool LineReader::add(std::string_view bytes) {
  buffer_.erase(0, read_);
  looked_ -= read_;
  read_ = 0;
  buffer_.append(bytes);
  return buffer_.size() <= worker_line_bytes_max || buffer_.find('\n', looked_) != std::string::npos;
}

std::optional<std::string> LineReader::next() {
  const size_t end = buffer_.find('\n', looked_);
  if (end == std::string::npos) {
    looked_ = buffer_.size();
    return std::nullopt;
  }
  std::string out = buffer_.substr(read_, end - read_);
  read_ = looked_ = end + 1;
  return out;
}

std::string to_line(const WorkerMessage& message) {
  return dump(std::visit([](const auto& m) { return to_value(m); }, message)) + "\n";
}

Result<WorkerMessage> parse_worker_message(std::string_view line) {
  const json root = TRY(parse(line, "a worker's message"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  const std::string kind = TRY(fields.text("message"))
  .value_or("");
  if (kind == "hello") return read_hello(fields);
  if (kind == "figures") return read_figures(fields);
  if (kind == "tables") {
    WorkerTables tables;
    tables.all = TRY(fields.boolean("all"))
    .value_or(false);
    tables.tables = TRY(read_tables(fields));
    return tables;
  }
  if (kind == "taken") {
    const auto order = TRY(fields.integer("order", 0, highest));
    return ReloadTaken{order.value_or(0)};
  }
  return Failure(errors::worker_message("a kind of message that is not known"));
}

std::string to_line(const WorkerCommand& command) {
  return dump(std::visit([](const auto& c) { return to_value(c); }, command)) + "\n";
}

Result<WorkerCommand> parse_worker_command(std::string_view line) {
  const json root = TRY(parse(line, "a command to a worker"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  const std::string kind = TRY(fields.text("command"))
  .value_or("");
  if (kind == "stop") {
    const auto recycle = TRY(fields.boolean("recycle"));
    return StopCommand{recycle.value_or(false)};
  }
  if (kind == "reload") return read_reload(fields);
  if (kind == "severities") return read_severities(fields);
  return Failure(errors::worker_message("a command that is not known"));
}

std::string to_json(const WorkerOrder& order) {
  json out = {{"clean_up", order.clean_up},
              {"start", start_kinds[static_cast<size_t>(order.job.start)]},
              {"memory_mb", order.job.limits.memory_mb},
              {"processors", order.job.limits.processors},
              {"log_bytes_max", order.job.log.bytes_max},
              {"log_age_max_s", order.job.log.age_max_s},
              {"log_files_kept", order.job.log.files_kept}};
  write(out, order.job, job_members);
  return dump(out);
}

Result<WorkerOrder> parse_worker_order(std::string_view text) {
  const json root = TRY(parse_json(text, "the worker's job"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  WorkerOrder out;
  TRY(read(fields, out.job, job_members));
  out.clean_up = TRY(fields.boolean("clean_up"))
  .value_or(false);
  const auto kind = std::ranges::find(start_kinds, TRY(fields.text("start")).value_or(""));
  if (kind == start_kinds.end()) return Failure(errors::worker_message("a job without its kind of start"));
  out.job.start = static_cast<StartKind>(kind - start_kinds.begin());
  out.job.limits.memory_mb = TRY(fields.integer("memory_mb", 0, int64_t{1} << 30U))
  .value_or(0);
  out.job.limits.processors = TRY(fields.integer("processors", 0, 1 << 16U))
  .value_or(0);
  out.job.log.bytes_max = static_cast<uint64_t>(TRY(fields.integer("log_bytes_max", 0, highest)).value_or(0));
  out.job.log.age_max_s = TRY(fields.integer("log_age_max_s", 0, highest / 1000000))
  .value_or(0);
  out.job.log.files_kept = static_cast<unsigned>(TRY(fields.integer("log_files_kept", 0, 1000)).value_or(0));
  return out;
}

std::vector<std::string> cap_remarks(WorkerOutcome& outcome) {
  size_t bytes = 0;
  const auto first_out = std::ranges::find_if(outcome.remarks, [&](const std::string& remark) {
    bytes += remark.size() + 8;  // with what separates them
    return bytes > outcome_remarks_bytes_max;
  });
  std::vector<std::string> out(std::make_move_iterator(first_out), std::make_move_iterator(outcome.remarks.end()));
  outcome.remarks.erase(first_out, outcome.remarks.end());
  if (!out.empty()) outcome.remarks.push_back(fmt::format("{} more remarks are in the task's log.", out.size()));
  return out;
}

std::string to_json(const WorkerOutcome& outcome) {
  json out = {{"remarks", outcome.remarks}};
  write(out, outcome, outcome_members);
  return dump(out);
}

Result<WorkerOutcome> parse_worker_outcome(std::string_view text) {
  const json root = TRY(parse(text, "outcome.json"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  WorkerOutcome out;
  TRY(read(fields, out, outcome_members));
  out.remarks = TRY(fields.texts("remarks"));
  return out;
}

std::string to_json(const ReloadOrders& orders) {
  json out = {{"orders", json::array()}};
  for (const auto& [order, tables] : orders) out["orders"].push_back(to_value(ReloadCommand{order, tables}));
  return dump(out);
}

Result<ReloadOrders> parse_reload_orders(std::string_view text) {
  const json root = TRY(parse_json(text, "orders.json"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  ReloadOrders out;
  for (const JsonFields& order : TRY(fields.objects("orders"))) {
    ReloadCommand command = TRY(read_reload(order));
    out[command.order] = std::move(command.tables);
  }
  return out;
}

std::string to_json(const std::vector<CaptureTrace>& captures) {
  json out = {{"captures", json::array()}};
  for (const CaptureTrace& capture : captures) {
    json one = json::object();
    write(one, capture, capture_members);
    out["captures"].push_back(std::move(one));
  }
  return dump(out);
}

Result<std::vector<CaptureTrace>> parse_captures(std::string_view text) {
  const json root = TRY(parse_json(text, "captures.json"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  std::vector<CaptureTrace> out;
  for (const JsonFields& capture : TRY(fields.objects("captures")))
    TRY(read(capture, out.emplace_back(), capture_members));
  return out;
}

std::string to_line(const CleanUpLine& line) {
  json out = {{"remarks", line.remarks}};
  write(out, line, clean_up_members);
  return dump(out) + "\n";
}

Result<CleanUpLine> parse_clean_up_line(std::string_view line) {
  const json root = TRY(parse_json(line, "the clean-up's answer"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  CleanUpLine out;
  TRY(read(fields, out, clean_up_members));
  out.remarks = TRY(fields.texts("remarks"));
  return out;
}

std::string to_json(const WorkerStatistics& statistics) {
  json out = {{"tables", json::array()}};
  write_members(out, statistics);
  for (const WorkerTable& table : statistics.tables) out["tables"].push_back(to_value(table));
  return dump(out);
}

Result<WorkerStatistics> parse_worker_statistics(std::string_view text) {
  const json root = TRY(parse_json(text, "statistics.json"));
  const JsonFields fields = TRY(JsonFields::of(root, "$"));
  WorkerStatistics out;
  TRY(read_members(fields, out));
  out.tables = TRY(read_tables(fields));
  return out;
}

}  // namespace godwit
