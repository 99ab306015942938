// What a server and its workers say: everything comes back as it was said, and no bytes do harm.

#include "control/worker_protocol.h"

#include "control/worker_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace godwit {
namespace {

WorkerTable some_table() {
  WorkerTable out;
  out.figures.table = {"public", "größer \"than\" life"};
  out.figures.state = TableState::reloading;
  out.figures.full_load_rows = uint64_t{1} << 62U;
  out.figures.applied_ddls = 7;
  out.figures.reloaded = true;
  out.figures.load_start_us = 1700000000000001;
  out.updated_us = 42;
  return out;
}

TEST(WorkerProtocol, messages_come_back_as_they_were_said) {
  WorkerFigures figures;
  figures.running = figures.ending = true;
  figures.checkpoint = "checkpoint:V1#1#0/1#0#0#*#0#0";
  figures.setback = "the source is gone";
  figures.attempt = 3;
  figures.restarted = "it died";
  figures.statistics.run = 9;
  figures.statistics.full_load_percent = 33;
  figures.statistics.cpu_us = 123456789012;
  figures.statistics.applied_us = 1'800'000'000'000'000;
  for (const WorkerMessage& message :
       {WorkerMessage(WorkerHello{"TASK", 3, 4711}), WorkerMessage(figures),
        WorkerMessage(WorkerTables{true, {some_table(), {}}}), WorkerMessage(ReloadTaken{12})}) {
    const std::string line = to_line(message);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const auto again = parse_worker_message(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(to_line(*again), line);
  }
}

TEST(WorkerProtocol, commands_come_back_as_they_were_said) {
  for (const WorkerCommand& command :
       {WorkerCommand(StopCommand{true}), WorkerCommand(ReloadCommand{5, {{"s", "t"}, {"", "\n"}}}),
        WorkerCommand(SeverityCommand{{{Component::sorter, Severity::detailed_debug}}})}) {
    const std::string line = to_line(command);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const auto again = parse_worker_command(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(to_line(*again), line);
  }
}

TEST(WorkerProtocol, jobs_outcomes_and_statistics_come_back_as_they_were_said) {
  WorkerOrder order;
  order.job.task_id = "T";
  order.job.source = "postgresql://u:p@h/d";
  order.job.settings = "{\"a\": [1]}";
  order.job.restarted = "it died";
  order.job.start = StartKind::reload_target;
  order.job.limits = {2048, 3};
  order.job.log.age_max_s = 60;
  order.clean_up = true;
  EXPECT_EQ(to_json(*parse_worker_order(to_json(order))), to_json(order));
  WorkerOutcome outcome;
  outcome.stop_reason = "NORMAL";
  outcome.remarks = {"one", "two"};
  outcome.recoverable = true;
  EXPECT_EQ(to_json(*parse_worker_outcome(to_json(outcome))), to_json(outcome));
  WorkerStatistics statistics;
  statistics.phase = "full load";
  statistics.tables = {some_table()};
  statistics.log_lines = {{Component::target_apply, Severity::error, 3}, {Component::sorter, Severity::warning, 1}};
  statistics.lob_truncations = 5;
  statistics.bulk_fallbacks = 6;
  statistics.captured_bytes = 7;
  EXPECT_EQ(to_json(*parse_worker_statistics(to_json(statistics))), to_json(statistics));
  EXPECT_EQ(parse_worker_statistics(to_json(statistics))->log_lines, statistics.log_lines);
  EXPECT_EQ(parse_worker_statistics(to_json(statistics))->bulk_fallbacks, 6U);
}

TEST(WorkerProtocol, what_is_not_known_yet_is_passed_over_and_what_is_wrong_is_an_error) {
  EXPECT_TRUE(parse_worker_command(R"({"command":"stop","gently":true})"));
  for (const std::string_view wrong :
       {"", "[]", "7", "{", R"({"message":"shout"})", R"({"message":"hello","task":"T"})",
        R"({"message":"hello","task":"T","run":1,"pid":-4})", R"({"message":"figures","running":"perhaps"})",
        R"({"message":"tables","tables":7})", R"({"message":"tables","tables":[{"state":"asleep"}]})",
        R"({"message":"tables","tables":[7]})", R"({"message":"taken","order":1e99})"})
    EXPECT_FALSE(parse_worker_message(wrong)) << wrong;
  for (const std::string_view wrong : {R"({"command":"dance"})", R"({"command":"reload","tables":[[]]})"})
    EXPECT_FALSE(parse_worker_command(wrong)) << wrong;
  EXPECT_FALSE(parse_worker_order("{}"));
}

TEST(WorkerProtocol, an_outcome_of_very_many_remarks_can_be_read_and_says_how_many_are_left_out) {
  WorkerOutcome outcome;
  outcome.run = 3;
  outcome.stop_reason = "NORMAL";
  for (int i = 0; i < 60000; ++i)  // each byte is six in JSON
    outcome.remarks.push_back(fmt::format("{} is in error: {}", i, std::string(100, '\x01')));
  const WorkerOutcome whole = outcome;
  EXPECT_FALSE(parse_worker_outcome(to_json(whole)));
  const std::vector<std::string> left_out = cap_remarks(outcome);
  const auto read = parse_worker_outcome(to_json(outcome));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_GT(read->remarks.size(), 1000U);
  EXPECT_EQ(read->remarks.size() - 1 + left_out.size(), whole.remarks.size());
  EXPECT_EQ(read->remarks.back(), fmt::format("{} more remarks are in the task's log.", left_out.size()));
  EXPECT_EQ(left_out.back(), whole.remarks.back());
  outcome.remarks = {"One."};
  EXPECT_TRUE(cap_remarks(outcome).empty());
  EXPECT_EQ(outcome.remarks, std::vector<std::string>{"One."});
}

// Any bytes, and messages with a piece changed.
RC_GTEST_PROP(WorkerProtocol, no_bytes_do_harm, (const std::string& bytes, size_t at, uint8_t with)) {
  (void)parse_worker_message(bytes);
  (void)parse_worker_command(bytes);
  (void)parse_worker_order(bytes);
  (void)parse_worker_outcome(bytes);
  (void)parse_worker_statistics(bytes);
  std::string line = to_line(WorkerMessage(WorkerTables{true, {some_table()}}));
  line[at % line.size()] = static_cast<char>(with);
  (void)parse_worker_message(line);
}

TEST(WorkerProtocol, lines_are_cut_wherever_the_bytes_were) {
  const std::string stream = "one\n\ntwo two\nthree";
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    LineReader reader;
    std::vector<std::string> lines;
    for (size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(reader.add(std::string_view(stream).substr(at, piece)));
      while (auto line = reader.next()) lines.push_back(*line);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two two"})) << piece;
  }
}

TEST(WorkerProtocol, a_line_without_end_is_given_up) {
  LineReader reader;
  const std::string piece(65536, 'x');
  size_t taken = 0;
  while (taken <= worker_line_bytes_max + piece.size() && reader.add(piece)) {
    (void)reader.next();
    taken += piece.size();
  }
  EXPECT_LE(taken, worker_line_bytes_max);
}

TEST(WorkerProtocol, open_reloads_are_read_back_as_they_were_written) {
  const ReloadOrders orders = {{7, {{"s", "Tabelle \"x\""}, {"s", "t"}}}, {1'800'000'000'000'000, {{"", "u"}}}};
  EXPECT_EQ(parse_reload_orders(to_json(orders)).value(), orders);
  EXPECT_EQ(parse_reload_orders("{}").value(), ReloadOrders{});
  EXPECT_FALSE(parse_reload_orders("[1"));
}

TEST(WorkerFolder, open_reloads_are_kept_until_there_are_none) {
  std::string folder = ::testing::TempDir() + "orders-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_EQ(read_orders(folder).value(), ReloadOrders{});
  const ReloadOrders orders = {{1, {{"s", "t"}}}};
  ASSERT_TRUE(write_orders(folder, orders));
  EXPECT_EQ(read_orders(folder).value(), orders);
  ASSERT_TRUE(write_orders(folder, {}));
  ASSERT_TRUE(write_orders(folder, {}));
  EXPECT_EQ(read_orders(folder).value(), ReloadOrders{});
  EXPECT_FALSE(write_orders(folder + "/none", orders));
}

TEST(WorkerProtocol, what_a_clean_up_says_is_read_back_in_one_line) {
  const CleanUpLine said = {.restored = true,
                            .ends = true,
                            .error = "slot \"s\"\nstays",
                            .holds_definitions = true,
                            .remarks = {"another target", "and\nmore"}};
  const std::string line = to_line(said);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const CleanUpLine heard = parse_clean_up_line(line).value();
  EXPECT_EQ(heard.error, said.error);
  EXPECT_EQ(heard.remarks, said.remarks);
  EXPECT_TRUE(parse_clean_up_line("{\"ends\":true}")->remarks.empty());
  EXPECT_TRUE(heard.restored && heard.ends && heard.holds_definitions);
  EXPECT_FALSE(parse_clean_up_line(to_line(CleanUpLine{}))->ends);
  EXPECT_FALSE(parse_clean_up_line("{\"ends\":1}"));
}

TEST(WorkerFolder, every_capture_of_the_task_is_remembered_once) {
  std::string folder = ::testing::TempDir() + "captures-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_TRUE(read_captures(folder)->empty());
  const CaptureTrace first = {"1/db", "2/db", "godwit_t_1", false, true}, other = {"1/db", "3/db", "own", true, true};
  for (const CaptureTrace& capture : {first, other, first, other}) ASSERT_TRUE(remember_capture(folder, capture));
  EXPECT_EQ(read_captures(folder).value(), (std::vector<CaptureTrace>{first, other}));
  EXPECT_FALSE(remember_capture(folder + "/none", first));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace godwit
