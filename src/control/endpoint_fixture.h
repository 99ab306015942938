#pragma once
// For tests of endpoints: a store in memory with one replication instance, and FakeEngine.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "control/endpoints.h"
#include "control/fake_engine.h"
#include "store/instances.h"
#include "store/subnet_groups.h"

namespace godwit {

// A replication instance "name-<id>".
inline void put_instance(Database& database, const std::string& id, const std::string& status) {
  SubnetGroupRecord group;
  group.identifier = "group-" + id;
  ASSERT_TRUE(insert_subnet_group(database, group));
  InstanceRecord one;
  one.id = id;
  one.identifier = "name-" + id;
  one.status = status;
  one.subnet_group = group.identifier;
  ASSERT_TRUE(insert_instance(database, one));
}

class EndpointFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ + "/secrets");
    secrets_ = SecretBox::open(folder_ + "/master.key", true).value();
    environment_.emplace(Environment{.database = *database_,
                                     .secrets = *secrets_,
                                     .names = {},
                                     .engines = engines_,
                                     .background = background_,
                                     .folder = folder_,
                                     .secret_folder = folder_ + "/secrets",
                                     .now_us = [this] { return ++clock_us_; }});
    put_instance("INSTANCE", "available");
  }
  void TearDown() override {
    background_.drain();
    std::filesystem::remove_all(folder_);
  }

  void put_instance(const std::string& id, const std::string& status) {
    godwit::put_instance(*database_, id, status);
  }
  std::string instance(const std::string& id = "INSTANCE") const {
    return "arn:aws:dms:us-east-1:000000000000:rep:" + id;
  }

  // One that is complete.
  static EndpointInput input(const std::string& name = "one") {
    EndpointInput out;
    out.identifier = name;
    out.type = "source";
    out.engine_name = "postgres";
    out.username = "u";
    out.password = "geheim;={}";
    out.server_name = "h";
    out.port = 5432;
    out.database_name = "d";
    return out;
  }
  std::string put(const std::string& name = "one") {
    const auto made = create_endpoint(*environment_, input(name), {});
    EXPECT_TRUE(made) << made.error().message;
    return made ? endpoint_arn(*environment_, *made) : "";
  }

  const std::string folder_ = testing::TempDir() + "godwit_endpoints_" + std::to_string(getpid());
  int64_t clock_us_ = 1'700'000'000'000'000;
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  FakeEngine sql_{fake::sql_form}, files_{fake::file_form};
  std::vector<Engine*> engines_ = {&sql_, &files_};
  std::optional<SecretBox> secrets_;
  std::optional<Environment> environment_;
  Background background_{2};
};

}  // namespace godwit
