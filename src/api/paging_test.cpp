#include "api/paging.h"

#include <gtest/gtest.h>

#include "api/test_server.h"
#include "base/base64.h"

namespace godwit {
namespace {

using nlohmann::json;

class PagingTest : public testing::Test {
 protected:
  Call call(const json& input, std::string_view operation = "DescribeEndpoints") {
    input_ = input;
    return {.operation = operation, .input = input_, .environment = server_.environment(), .principal = principal_};
  }
  // The next of 45 rows, as a handler makes a page.
  Result<json> page_of_rows(const json& input) {
    const Call asked = call(input);
    const PageRequest page = TRY(read_page(asked));
    const ListPage wanted = list_page(page);
    std::vector<int> rows;
    for (int row = 0; row < 45 && static_cast<int64_t>(rows.size()) < wanted.limit; ++row)
      if (row > wanted.after_created_us.value_or(-1)) rows.push_back(row);
    return page_reply(
        asked, page, "Endpoints", rows, [](int row) { return std::vector{std::to_string(row), std::string("id")}; },
        [](int row) { return json(row); }, "Endpoints");
  }

  TestServer server_;
  const Principal principal_;
  json input_;
};

std::string error_of(const auto& result) {
  return result ? "accepted" : result.error().code + ": " + result.error().message;
}

TEST_F(PagingTest, pages_hold_every_row_once) {
  json input = {{"MaxRecords", 20}};
  json all = json::array();
  for (int pages = 1;; ++pages) {
    const auto page = page_of_rows(input);
    ASSERT_TRUE(page) << page.error().message;
    all.insert(all.end(), (*page)["Endpoints"].begin(), (*page)["Endpoints"].end());
    if (!page->contains("Marker")) {
      EXPECT_EQ(pages, 3);
      break;
    }
    input["Marker"] = (*page)["Marker"];
  }
  ASSERT_EQ(all.size(), 45U);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
}

TEST_F(PagingTest, the_size_of_a_page_has_its_bounds) {
  for (const int size : {20, 100}) EXPECT_EQ(error_of(read_page(call({{"MaxRecords", size}}))), "accepted");
  for (const int size : {-1, 0, 19, 101})
    EXPECT_EQ(error_of(read_page(call({{"MaxRecords", size}}))), "InvalidParameterValueException: Invalid value " +
                                                                     std::to_string(size) +
                                                                     " for MaxRecords. Must be between 20 and 100.");
  EXPECT_TRUE(read_page(call({{"MaxRecords", 500}}), 500));
  server_.environment().lenient_max_records = true;
  EXPECT_TRUE(read_page(call({{"MaxRecords", 1}})));
  EXPECT_FALSE(read_page(call({{"MaxRecords", 0}})));
}

TEST_F(PagingTest, a_marker_is_good_for_its_call_alone) {
  const auto request = read_page(call(json::object()));
  const std::string marker = make_marker(*request, {"7", "id"});
  EXPECT_EQ(read_page(call({{"Marker", marker}}))->after, (std::vector<std::string>{"7", "id"}));
  EXPECT_TRUE(read_page(call({{"Marker", marker}, {"MaxRecords", 20}})));
  EXPECT_TRUE(read_page(call({{"Marker", ""}})));
  const json filters = json::array({{{"Name", "endpoint-id"}, {"Values", {"a"}}}});
  EXPECT_FALSE(read_page(call({{"Marker", marker}, {"Filters", filters}})));
  EXPECT_FALSE(read_page(call({{"Marker", marker}}, "DescribeCertificates")));
  const std::string text = *from_base64(marker);
  const std::string other_key = base64_url(std::string(text).replace(text.find("\"7\""), 3, "\"8\""));
  for (const std::string& wrong : {other_key, marker + "A", std::string("nonsense"), std::string("*"),
                                   base64_url("[]"), base64_url("[\"v1\",1,2]"), base64_url("{\"v1\":1}")})
    EXPECT_TRUE(error_of(read_page(call({{"Marker", wrong}}))).starts_with("InvalidParameterValueException"))
        << wrong;
}

TEST_F(PagingTest, filters_are_known_by_name) {
  const json two = json::array({{{"Name", "a"}, {"Values", {"1", "2"}}}, {{"Name", "a"}, {"Values", {"2"}}}});
  const auto filters = read_filters(call({{"Filters", two}}), {"a", "b"});
  ASSERT_TRUE(filters);
  ASSERT_EQ(filters->size(), 2U);
  EXPECT_EQ((*filters)[0].values, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(error_of(read_filters(call({{"Filters", two}}), {"b", "c"})),
            "InvalidParameterValueException: The filter name 'a' is not valid here. Valid names: b, c.");
  EXPECT_TRUE(read_filters(call(json::object()), {})->empty());
}

TEST_F(PagingTest, filters_and_their_values_have_bounds) {
  const auto asked = [&](size_t filters, size_t values) {
    const json one = {{"Name", "a"}, {"Values", std::vector<std::string>(values, "v")}};
    return error_of(read_filters(call({{"Filters", std::vector<json>(filters, one)}}), {"a"}));
  };
  EXPECT_EQ(asked(20, 200), "accepted");
  EXPECT_EQ(asked(21, 1), "InvalidParameterValueException: A call may have 20 Filters; this one has 21.");
  EXPECT_TRUE(asked(1, 201).starts_with("InvalidParameterValueException: The filter 'a' has 201 values"));
}

TEST_F(PagingTest, a_page_ends_by_its_bytes_too) {
  const Call asked = call(json::object());
  const std::string large(page_bytes_max / 4 + 1, 'x');
  const auto reply = page_reply(
      asked, *read_page(asked), "Endpoints", std::vector<int>{0, 1, 2, 3, 4, 5},
      [](int row) { return std::vector{std::to_string(row), std::string("id")}; }, [&](int) { return json(large); },
      "Endpoints");
  ASSERT_TRUE(reply);
  EXPECT_EQ((*reply)["Endpoints"].size(), 4U);
  EXPECT_EQ(read_page(call({{"Marker", (*reply)["Marker"]}}))->after[0], "3");
}

TEST_F(PagingTest, a_filter_that_meets_nothing_is_a_fault_and_an_empty_list_is_none) {
  const auto reply_of = [&](const json& input) {
    const Call asked = call(input);
    return page_reply(
        asked, *read_page(asked), "Endpoints", std::vector<int>(), [](int) { return std::vector<std::string>(); },
        [](int row) { return json(row); }, "Endpoints");
  };
  EXPECT_EQ(reply_of(json::object()), (json{{"Endpoints", json::array()}}));
  EXPECT_EQ(reply_of({{"Filters", json::array()}}), (json{{"Endpoints", json::array()}}));
  EXPECT_EQ(error_of(reply_of({{"Filters", json::array({{{"Name", "a"}, {"Values", {"1"}}}})}})),
            "ResourceNotFoundFault: No Endpoints found matching provided filters");
}

}  // namespace
}  // namespace godwit
