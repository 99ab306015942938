#include "engine/attributes.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

constexpr Attribute known[] = {
    {.name = "HeartbeatEnable", .form = Attribute::Form::flag, .on = Attribute::On::source},
    {.name = "MaxFileSize", .form = Attribute::Form::number, .needless = "there are no files", .least = 1, .most = 9},
    {.name = "PluginName", .form = Attribute::Form::word, .words = {"pglogical", "test_decoding"}},
};

struct Case {
  std::string name, value;
  int warnings;  // -1: refused
};

TEST(Attributes, AreRefusedOrWarnedAboutByName) {
  const Case cases[] = {
      {"heartbeatenable", "Yes", 0},  {"HeartbeatEnable", "perhaps", -1},
      {"MaxFileSize", "9", 1},        {"maxFileSize", "10", -1},
      {"maxFileSize", "1 MB", -1},    {"pluginname", "PGLOGICAL", 0},
      {"PluginName", "wal2json", -1}, {"PluginName", "", -1},
      {"sslmode", "anything", 0},
  };
  for (const Case& one : cases) {
    Endpoint endpoint;
    endpoint.parameters[one.name] = one.value;
    const auto checked = check_attributes(endpoint, EndpointRole::source, known);
    EXPECT_EQ(checked ? static_cast<int>(checked->size()) : -1, one.warnings) << one.name << "=" << one.value;
  }
}

TEST(Attributes, OfTheOtherEndAreWarnedAbout) {
  Endpoint endpoint;
  endpoint.parameters["HeartbeatEnable"] = "true";
  EXPECT_TRUE(is_set(endpoint, "heartbeatenable"));
  EXPECT_EQ(check_attributes(endpoint, EndpointRole::target, known)->size(), 1U);
}

}  // namespace
}  // namespace godwit
