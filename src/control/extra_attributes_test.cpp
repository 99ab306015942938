#include "control/extra_attributes.h"

#include <gtest/gtest.h>

#include "control/fake_engine.h"

namespace godwit {
namespace {

TEST(ExtraAttributes, are_read_and_written_the_same_again) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {" ; ;", ""},
      {"slotName=s", "slotName=s;"},
      {"slotName=s;captureDDLs=N;", "slotName=s;captureDDLs=N;"},
      {" slotName = a b ; CaptureDdls=Yes", "slotName=a b;CaptureDdls=Yes;"},
      {"AfterConnectScript=SET session_replication_role='replica'",
       "AfterConnectScript=SET session_replication_role='replica';"},
      {"Initstmt=SET A=1;initstmt=SET B=2", "Initstmt=SET A=1;initstmt=SET B=2;"},
      {"slotName=a;MaxFileSize=1;SLOTNAME=b", "SLOTNAME=b;MaxFileSize=1;"},
      {"pluginname=TEST_DECODING;options=-c x=1", "pluginname=TEST_DECODING;options=-c x=1;"},
  };
  for (const auto& [given, kept] : cases) {
    const auto parsed = parse_extra_attributes(given, fake::sql_form);
    ASSERT_TRUE(parsed) << given << ": " << parsed.error().message;
    EXPECT_EQ(to_text(*parsed), kept);
    EXPECT_EQ(to_text(*parse_extra_attributes(kept, fake::sql_form)), kept);
  }
}

TEST(ExtraAttributes, unknown_names_and_bad_values_are_refused_by_name) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"key=value", "Unsupported value 'key' for extra connection attributes"},
      {"slotName=a;password=geheim", "Unsupported value 'password' for extra connection attributes"},
      {"SslFile=/etc/passwd", "Unsupported value 'SslFile' for extra connection attributes"},
      {"captureDdls=perhaps", "Unsupported value 'captureDdls' for extra connection attributes: "},
      {"maxFileSize=0", "Unsupported value 'maxFileSize' for extra connection attributes: "},
      {"pluginName=wal2json", "Unsupported value 'pluginName' for extra connection attributes: "},
      {"slotName=", "Unsupported value 'slotName' for extra connection attributes: "},
      {"slotName=a;geheim", "Part 2 of the extra connection attributes is no name=value"},
      {"=a", "Part 1 of the extra connection attributes is no name=value"},
  };
  for (const auto& [given, message] : cases) {
    const auto parsed = parse_extra_attributes(given, fake::sql_form);
    ASSERT_FALSE(parsed) << given;
    EXPECT_EQ(parsed.error().code, "InvalidParameterValueException");
    EXPECT_TRUE(parsed.error().message.starts_with(message)) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("geheim"), std::string::npos);
  }
}

TEST(ExtraAttributes, become_settings_of_their_type_and_parameters_again) {
  const std::tuple<std::string_view, std::string_view, nlohmann::json, std::string_view> cases[] = {
      {"CaptureDdls", "N", false, "false"}, {"CaptureDdls", " yes ", true, "true"},
      {"MaxFileSize", "512", 512, "512"},   {"PluginName", "TEST_DECODING", "test-decoding", "test-decoding"},
      {"SlotName", "Slot", "Slot", "Slot"},
  };
  for (const auto& [name, value, setting, parameter] : cases) {
    const Attribute& attribute = *find_attribute(fake::attributes, name);
    EXPECT_EQ(setting_of(attribute, value), setting) << name;
    EXPECT_EQ(parameter_of(setting), parameter) << name;
    EXPECT_TRUE(check_setting(attribute, parameter)) << name;
  }
}

}  // namespace
}  // namespace godwit
