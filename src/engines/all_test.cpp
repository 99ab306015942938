#include "engines/all.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"

namespace godwit {
namespace {

// The engines that stored endpoints may name.
std::vector<const Engine*> served() {
  std::vector<const Engine*> out;
  for (const Engine* engine : all_engines())
    if (!engine->endpoint_form().engines.empty()) out.push_back(engine);
  return out;
}

TEST(EveryEngine, IsServedUnderNamesOfItsOwnByASchemeThatFindsIt) {
  std::set<std::string_view> names;
  for (const Engine* engine : served())
    for (const ServedEngine& one : engine->endpoint_form().engines) {
      EXPECT_TRUE(names.insert(one.name).second) << one.name;
      EXPECT_EQ(find_engine(one.scheme).value(), engine) << one.name;
      EXPECT_TRUE(one.source || one.target) << one.name;
      EXPECT_TRUE(one.settings_structure.ends_with("Settings")) << one.name;
    }
  EXPECT_GE(names.size(), 8U);
}

TEST(EveryEngine, KnowsEachOfItsAttributesOnce) {
  for (const Engine* engine : served()) {
    std::set<std::string> names;
    for (const Attribute& setting : login_settings()) names.insert(lower_ascii(setting.name));
    for (const Attribute& attribute : engine->endpoint_form().attributes) {
      EXPECT_TRUE(names.insert(lower_ascii(attribute.name)).second) << attribute.name;
      EXPECT_TRUE(attribute.member.empty() || attribute.member == attribute.name) << attribute.name;
      EXPECT_TRUE(attribute.only_in_uri || !attribute.description.empty()) << attribute.name;
    }
    for (const std::string_view parameter : engine->endpoint_form().driver_parameters)
      EXPECT_TRUE(names.insert(lower_ascii(parameter)).second) << parameter;
  }
}

// A settings form that is filled in with what it says itself is taken.
TEST(EveryEngine, TakesTheDefaultsThatItNames) {
  for (const Engine* engine : served()) {
    Endpoint endpoint;
    for (const Attribute& attribute : engine->endpoint_form().attributes) {
      const bool flag = attribute.form == Attribute::Form::flag;
      EXPECT_FALSE(flag && attribute.default_value.empty()) << attribute.name;
      if (!attribute.default_value.empty())
        endpoint.parameters[std::string(attribute.name)] = std::string(attribute.default_value);
    }
    const auto checked = check_attributes(endpoint, EndpointRole::source, engine->endpoint_form().attributes);
    EXPECT_TRUE(checked.has_value()) << checked.error().message;
  }
}

TEST(EveryEngine, SaysHowEachSslModeIsMadeAndCanDoWithout) {
  for (const Engine* engine : served()) {
    const EndpointForm& form = engine->endpoint_form();
    EXPECT_NE(find_ssl_mode(form, "none"), nullptr);
    for (const SslMode& mode : form.ssl_modes) EXPECT_EQ(mode.verifies, mode.name.starts_with("verify-"));
    EXPECT_FALSE(form.ssl_parameter.empty());
    EXPECT_FALSE(form.certificate_parameter.empty());
    EXPECT_NE(form.default_port, 0);
  }
}

// One that nobody could start a task from is refused before the task is made; one that a start takes is not.
TEST(EveryEngine, ReadsThePositionsOfItsOwnLogsWithoutASession) {
  struct Row {
    std::string_view scheme, text;
    bool taken;
  };
  const Row rows[] = {
      {"postgresql", "4AF/B00000D0", true},
      {"postgresql", "000004AF/B00000D0", true},
      {"postgresql", "checkpoint:V1#34#00000132/0F000E48#0#0#*#0#121", true},
      {"postgresql", "garbage", false},
      {"postgresql", "mysql-bin-changelog.000024:373", false},
      {"postgresql", "2018-03-08T12:12:12", false},
      {"mysql", "mysql-bin-changelog.000024:373", true},
      {"mysql",
       "checkpoint:V1#27#mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876#0#0#"
       "*"
       "#0#93",
       true},
      {"mysql",
       "mysql-bin.000012:0000004567@3e11fa47-71ca-11e1-9e33-c80aa9429562"
       "#3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
       true},
      {"mysql", "mysql-bin.000012:4567@id-1#0-1-100", true},
      {"mysql", "garbage", false},
      {"mysql", "4AF/B00000D0", false},
      {"mysql", "mysql-bin.000012", false},
      {"mysql", "2018-03-08T12:12:12", false},
      {"memory", "4AF/B0", true},
      {"memory", "garbage", false},
  };
  for (const Row& row : rows)
    EXPECT_EQ(find_engine(row.scheme).value()->parse_position(row.text).has_value(), row.taken)
        << row.scheme << " " << row.text;
  EXPECT_FALSE(find_engine("postgresql").value()->finds_times());
  EXPECT_TRUE(find_engine("mysql").value()->finds_times());
}

}  // namespace
}  // namespace godwit
