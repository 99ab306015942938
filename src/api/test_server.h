#pragma once
// What tests of api/ call with: an Environment on a store in memory, whose clock stands where a test puts it.

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "api/call.h"

namespace godwit {

class TestServer {
 public:
  TestServer() : secrets_(SecretBox::open(key_path_, true).value()) {}
  ~TestServer() { std::filesystem::remove(key_path_); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Environment& environment() { return environment_; }
  void set_time_s(int64_t now_s) { now_us_ = now_s * 1'000'000; }

 private:
  const std::string key_path_ = testing::TempDir() + "godwit_api_test_" + new_resource_id();
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  SecretBox secrets_;
  Background background_{1};
  int64_t now_us_ = 1'772'357'405'000'000;
  Environment environment_{.database = *database_,
                           .secrets = secrets_,
                           .names = {.region = "us-east-1", .account = "123456789012"},
                           .engines = {},
                           .background = background_,
                           .folder = testing::TempDir(),
                           .secret_folder = {},
                           .now_us = [this] { return now_us_; }};
};

}  // namespace godwit
