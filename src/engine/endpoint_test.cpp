#include "engine/endpoint.h"

#include <gtest/gtest.h>

#include <tuple>

namespace godwit {
namespace {

TEST(Endpoint, every_part_of_a_uri_is_found) {
  const auto parsed =
      parse_endpoint("PostgreSQL://us%40er:p%3Aw%2F@host.example:5432/da%20ta?sslmode=require&slotName=s%26t");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->scheme, "postgresql");
  EXPECT_EQ(parsed->user, "us@er");
  EXPECT_EQ(parsed->password, "p:w/");
  EXPECT_EQ(parsed->host, "host.example");
  EXPECT_EQ(parsed->port, "5432");
  EXPECT_EQ(parsed->database, "da ta");
  EXPECT_EQ(parsed->parameter("SSLMODE"), "require");
  EXPECT_EQ(parsed->parameter("slotname"), "s&t");
  EXPECT_EQ(parsed->parameter("none"), std::nullopt);
}

struct Parts {
  std::string_view uri, user, password, host, port, database;
};

TEST(Endpoint, parts_may_be_left_out) {
  constexpr Parts cases[] = {
      {"postgresql://", "", "", "", "", ""},
      {"postgresql:///db", "", "", "", "", "db"},
      {"postgresql://h", "", "", "h", "", ""},
      {"postgresql://h/", "", "", "h", "", ""},
      {"postgresql://:5433/db", "", "", "", "5433", "db"},
      {"postgresql://u@h/db", "u", "", "h", "", "db"},
      {"postgresql://u:@h/db", "u", "", "h", "", "db"},
      {"postgresql://u:a:b@h/db", "u", "a:b", "h", "", "db"},
      {"postgresql://u:a@b@h/db", "u", "a@b", "h", "", "db"},
      {"postgresql://[::1]:5432/db", "", "", "::1", "5432", "db"},
      {"postgresql://[fe80::1]/db", "", "", "fe80::1", "", "db"},
      {"postgresql://%2Fvar%2Frun/db?a=1&&b=", "", "", "/var/run", "", "db"},
      {"memory://local/%41%e2%82%AC", "", "", "local", "", "A€"},
  };
  for (const Parts& parts : cases) {
    const auto parsed = parse_endpoint(parts.uri);
    ASSERT_TRUE(parsed) << parts.uri;
    EXPECT_EQ(parsed->user, parts.user) << parts.uri;
    EXPECT_EQ(parsed->password, parts.password) << parts.uri;
    EXPECT_EQ(parsed->host, parts.host) << parts.uri;
    EXPECT_EQ(parsed->port, parts.port) << parts.uri;
    EXPECT_EQ(parsed->database, parts.database) << parts.uri;
  }
}

TEST(Endpoint, what_is_no_uri_is_refused_without_showing_its_secrets) {
  constexpr std::string_view refused[] = {
      "",
      "postgresql",
      "://h/secret",
      "postgresql://u:secret%@h/db",
      "postgresql://u:secret%4@h/db",
      "postgresql://u:secret%zz@h/db",
      "postgresql://u:secret%00@h/db",
      "postgresql://h/db%",
      "postgresql://h/db?password=secret%g1",
      "postgresql://h/db?secret",
      "postgresql://h/db?=secret",
      "postgresql://u:secret@h:port/db",
      "postgresql://u:secret@h:123456/db",
      "postgresql://u:secret@[::1/db",
  };
  for (const std::string_view uri : refused) {
    const auto parsed = parse_endpoint(uri);
    ASSERT_FALSE(parsed) << uri;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos) << uri;
  }
}

TEST(Endpoint, its_name_for_people_holds_no_secret) {
  const auto parsed = parse_endpoint("postgresql://u:secret@h:5432/db?password=secret");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_string(*parsed), "postgresql://u@h:5432/db");
  EXPECT_EQ(to_string(*parse_endpoint("postgresql:///db")), "postgresql:///db");
}

TEST(Endpoint, its_uri_reads_back_as_the_same_endpoint_whatever_its_parts_hold) {
  const std::string odd = "a:b@c/d?e=f&g%h i\"\\#;{}\n\xc3\xa4";
  const Endpoint endpoints[] = {
      {"postgresql", "u", "p", "h", "5432", "db", {{"sslmode", "disable"}}},
      {"mysql", odd, odd, "h", "", odd, {{odd, odd}, {"AfterConnectScript", "SET a = 'b'; SET c=1"}}},
      {"mysql", "", "p", "2001:db8::1", "3306", "", {}},
      {"mysql", "u", "p", "x:y@[z]/?", "", "d", {}},
      {"postgresql", "", "", "/var/run/postgresql", "", "", {{"empty", ""}}},
  };
  for (const Endpoint& one : endpoints) {
    const auto parsed = parse_endpoint(uri_of(one));
    ASSERT_TRUE(parsed) << uri_of(one);
    EXPECT_EQ(std::tie(parsed->scheme, parsed->user, parsed->password, parsed->host, parsed->port, parsed->database,
                       parsed->parameters),
              std::tie(one.scheme, one.user, one.password, one.host, one.port, one.database, one.parameters));
  }
}

}  // namespace
}  // namespace godwit
