#include "engine/endpoint_form.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

constexpr Attribute plugin{
    .name = "PluginName", .form = Attribute::Form::word, .words = {"test-decoding", "test_decoding", "pglogical"}};

TEST(EndpointForm, WordsAreFoundAsDmsWritesThem) {
  const std::pair<std::string_view, std::optional<std::string_view>> cases[] = {
      {"TEST_DECODING", "test-decoding"},
      {"test-decoding", "test-decoding"},
      {" PGLogical ", "pglogical"},
      {"wal2json", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [given, found] : cases) EXPECT_EQ(find_word(plugin, given), found) << given;
}

TEST(EndpointForm, SslModesAreThoseOfTheForm) {
  static constexpr SslMode modes[] = {{"none", "disable"}, {"verify-ca", "verify-ca", true}};
  const EndpointForm form{.ssl_modes = modes};
  ASSERT_NE(find_ssl_mode(form, "verify-ca"), nullptr);
  EXPECT_TRUE(find_ssl_mode(form, "verify-ca")->verifies);
  EXPECT_EQ(find_ssl_mode(form, "none")->value, "disable");
  EXPECT_EQ(find_ssl_mode(form, "require"), nullptr);
}

TEST(EndpointForm, OfLoginSettingsThePasswordAloneIsSensitive) {
  for (const Attribute& setting : login_settings())
    EXPECT_EQ(setting.sensitive, setting.name == "Password") << setting.name;
}

}  // namespace
}  // namespace godwit
