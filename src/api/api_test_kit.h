#pragma once
// For tests of operations: a server without a listener. A call goes the way of a request's body: checked against the
// service model, handed to its handler, its reply checked against the model's shapes too. The store is in memory, the
// clock is the test's.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/input_check.h"
#include "api/model.h"
#include "api/operations.h"
#include "control/running_assessments.h"

namespace godwit {

class ApiTest : public testing::Test {
 protected:
  using json = nlohmann::json;

  // Engines are named by the constructor of a test's own fixture.
  explicit ApiTest(std::vector<Engine*> engines = {}) : engines_(std::move(engines)) {
    std::filesystem::create_directories(folder_ + "/data");
    secrets_.emplace(SecretBox::open(folder_ + "/master.key", true).value());
    restart();
  }
  ~ApiTest() override {
    assessments_.reset();  // its jobs hold the environment
    background_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A new Environment and Background on the same store, as after a restart of the server.
  void restart() {
    assessments_.reset();
    background_.reset();
    assessments_.emplace(2);
    background_.emplace(2);
    environment_ = std::make_unique<Environment>(
        Environment{.database = *database_,
                    .secrets = *secrets_,
                    .names = {.partition = "aws", .region = "eu-test-1", .account = "123456789012"},
                    .engines = engines_,
                    .background = *background_,
                    .folder = folder_ + "/data",
                    .secret_folder = folder_,
                    .now_us = [this] { return now_us_.load(); },
                    .assessments = &*assessments_});
  }

  // Each call is a millisecond later than the one before, so that lists have one order.
  Result<json> call(std::string_view name, const json& input = json::object()) {
    now_us_ += 1'000;
    const Operation* operation = find_operation(name);
    const ModelOperation* model = service_model().find(name);
    if (operation == nullptr || model == nullptr) {
      ADD_FAILURE() << name << " is no operation of this server";
      return json();
    }
    auto checked = read_input(*model, input.dump());
    if (!checked) return Failure(std::move(checked).error());
    const Principal principal{.access_key_id = "AKIATEST",
                              .name = "test",
                              .arn = "arn:aws:iam::123456789012:user/test",
                              .role = Role::admin};
    auto reply = operation->handler({.operation = operation->name,
                                     .input = checked->input,
                                     .environment = *environment_,
                                     .principal = principal});
    if (reply) expect_shape(model->output, *reply, std::string(name));
    return reply;
  }

  // The reply of a call that is to succeed.
  json ok(std::string_view name, const json& input = json::object()) {
    auto reply = call(name, input);
    if (reply) return std::move(*reply);
    ADD_FAILURE() << name << ' ' << input << ": " << reply.error().code << ": " << reply.error().message;
    return json::object();
  }
  // "<fault>: <message>" of a call that is to fail; "" when it succeeds.
  std::string fault_of(std::string_view name, const json& input = json::object()) {
    const auto reply = call(name, input);
    return reply ? std::string() : reply.error().code + ": " + reply.error().message;
  }
  // The fault's name alone.
  std::string code_of(std::string_view name, const json& input = json::object()) {
    const auto reply = call(name, input);
    return reply ? std::string() : reply.error().code;
  }

  static json filter(std::string_view name, std::vector<std::string> values) {
    return {{"Filters", json::array({{{"Name", name}, {"Values", std::move(values)}}})}};
  }

  const std::string folder_ = testing::TempDir() + "godwit_api_test_" + std::to_string(getpid());
  std::atomic<int64_t> now_us_ = 1'770'000'000'000'000;  // 2026-02-02T02:40:00
  std::vector<Engine*> engines_;
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  std::optional<SecretBox> secrets_;
  std::optional<Background> background_;
  std::optional<RunningAssessments> assessments_;
  std::unique_ptr<Environment> environment_;

 private:
  // The model's member, and a value of its type.
  static void expect_shape(const Structure& structure, const json& value, const std::string& path) {
    ASSERT_TRUE(value.is_object()) << path;
    for (const auto& [name, member] : value.items()) {
      const Member* known = structure.find(name);
      ASSERT_NE(known, nullptr) << path << '.' << name << " is not in the service model";
      expect_shape(known->shape, member, path + "." + name);
    }
  }
  static void expect_shape(const Shape& shape, const json& value, const std::string& path) {
    switch (shape.kind) {
      case ShapeKind::text:
      case ShapeKind::secret:
      case ShapeKind::iso_time:
      case ShapeKind::blob:
      case ShapeKind::choice:
        EXPECT_TRUE(value.is_string()) << path << ": " << value;
        break;
      case ShapeKind::integer:
      case ShapeKind::long_integer:
        EXPECT_TRUE(value.is_number_integer()) << path << ": " << value;
        break;
      case ShapeKind::number:
      case ShapeKind::timestamp:
        EXPECT_TRUE(value.is_number()) << path << ": " << value;
        break;
      case ShapeKind::flag:
        EXPECT_TRUE(value.is_boolean()) << path << ": " << value;
        break;
      case ShapeKind::list:
        ASSERT_TRUE(value.is_array()) << path << ": " << value;
        for (const json& element : value) expect_shape(*shape.element, element, path + "[]");
        break;
      case ShapeKind::structure:
        expect_shape(*shape.structure, value, path);
        break;
    }
  }
};

}  // namespace godwit
