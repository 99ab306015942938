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

}  // namespace
}  // namespace godwit
