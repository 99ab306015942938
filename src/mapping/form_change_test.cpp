#include "mapping/form_change.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Form = ValueForm;

Type of(Form form, bool finite = false, bool zero_dates = false) {
  Type type;
  type.form = form;
  type.finite = finite;
  type.zero_dates = zero_dates;
  return type;
}

// What becomes of a value; "as it is" without a step, "none" where the target has no such value.
std::string changed(const Type& from, const Type& to, std::string_view value, ZeroDates policy = ZeroDates::null) {
  const auto step = form_step(from, to, policy);
  if (!step) return "impossible";
  if (step->change == nullptr) return "as it is";
  std::string scratch;
  std::string_view out, why;
  switch (step->change(from, to, value, scratch, out, why)) {
    case FormOutcome::value:
      return std::string(out);
    case FormOutcome::no_value:
      EXPECT_FALSE(why.empty());
      return "none";
    case FormOutcome::refused:
      return "refused";
  }
  return "";
}

TEST(FormChange, leaves_alone_what_both_ends_write_alike) {
  for (int i = 0; i <= static_cast<int>(Form::xml); ++i)
    EXPECT_EQ(changed(of(static_cast<Form>(i)), of(static_cast<Form>(i)), ""), "as it is");
  for (const Form form : {Form::integer, Form::decimal, Form::uuid, Form::json, Form::enumeration, Form::duration,
                          Form::interval, Form::network, Form::bits, Form::date, Form::array, Form::other})
    EXPECT_EQ(changed(of(form), of(Form::text), ""), "as it is");
  EXPECT_EQ(changed(of(Form::geometry), of(Form::bytes), ""), "as it is");
  EXPECT_EQ(changed(of(Form::integer), of(Form::decimal), ""), "as it is");
  EXPECT_EQ(changed(of(Form::date, true, true), of(Form::date, true, true), ""), "as it is");
}

TEST(FormChange, knows_what_cannot_be) {
  EXPECT_EQ(changed(of(Form::text), of(Form::integer), ""), "impossible");
  EXPECT_EQ(changed(of(Form::date), of(Form::integer), ""), "impossible");
  EXPECT_EQ(changed(of(Form::bytes), of(Form::json), ""), "impossible");
}

TEST(FormChange, finds_zero_and_partial_dates) {
  const Type from = of(Form::date, true, true), to = of(Form::date);
  for (const std::string_view date : {"2024-02-29", "0001-01-01", "9999-12-31", "2023-04-30"})
    EXPECT_EQ(changed(from, to, date), date);
  for (const std::string_view date :
       {"0000-00-00", "2024-00-10", "2024-01-00", "0000-01-01", "2023-02-29", "2024-04-31", "2024-13-01", ""})
    EXPECT_EQ(changed(from, to, date), "none") << date;
  EXPECT_EQ(changed(from, to, "0000-00-00", ZeroDates::error), "refused");
  EXPECT_EQ(changed(from, to, "0000-00-00", ZeroDates::first), "0001-01-01");
  const Type moment = of(Form::datetime, true, true), zoned = of(Form::datetime_tz, true, true);
  EXPECT_EQ(changed(moment, of(Form::datetime), "2024-01-31 10:00:00.5"), "2024-01-31 10:00:00.5");
  EXPECT_EQ(changed(moment, of(Form::datetime), "0000-00-00 00:00:00"), "none");
  EXPECT_EQ(changed(zoned, of(Form::datetime_tz), "0000-00-00 00:00:00+00", ZeroDates::first),
            "0001-01-01 00:00:00+00");
  EXPECT_EQ(changed(zoned, of(Form::datetime), "2024-01-31 10:00:00+00"), "2024-01-31 10:00:00");
  EXPECT_TRUE(form_step(from, to, ZeroDates::null)->empties);
  EXPECT_FALSE(form_step(from, to, ZeroDates::first)->empties);
}

TEST(FormChange, drops_the_zone_and_refuses_what_lies_outside_the_years_0_to_9999) {
  const Type zoned = of(Form::datetime_tz), to = of(Form::datetime, true);
  EXPECT_EQ(changed(zoned, to, "2024-01-31 10:00:00.123+00"), "2024-01-31 10:00:00.123");
  for (const std::string_view moment :
       {"infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00", "294276-12-31 23:59:59+00"})
    EXPECT_EQ(changed(zoned, to, moment), "none") << moment;
  EXPECT_EQ(changed(of(Form::date), of(Form::date, true), "2024-01-31"), "2024-01-31");
  EXPECT_EQ(changed(of(Form::date), of(Form::date, true), "12024-01-31"), "none");
  EXPECT_EQ(changed(of(Form::date), of(Form::date, true), "infinity"), "none");
  EXPECT_EQ(changed(zoned, of(Form::datetime), "0044-03-15 12:00:00+00 BC"), "0044-03-15 12:00:00 BC");
  EXPECT_EQ(changed(of(Form::datetime), zoned, "2024-01-31 10:00:00"), "2024-01-31 10:00:00+00");
  EXPECT_EQ(changed(of(Form::time_tz), of(Form::time), "10:00:00.5-05:30"), "10:00:00.5");
}

TEST(FormChange, refuses_numbers_that_are_not_finite) {
  const Type decimal = of(Form::decimal, true), real = of(Form::real, true);
  EXPECT_EQ(changed(of(Form::decimal), decimal, "-12.50"), "-12.50");
  EXPECT_EQ(changed(of(Form::decimal), decimal, "NaN"), "none");
  EXPECT_EQ(changed(of(Form::real), real, "Infinity"), "none");
  EXPECT_EQ(changed(of(Form::real), real, "-Infinity"), "none");
  EXPECT_EQ(changed(of(Form::real), real, "1e+300"), "1e+300");
}

TEST(FormChange, translates_truth_values_bits_money_and_structures) {
  EXPECT_EQ(changed(of(Form::boolean), of(Form::integer), "t"), "1");
  EXPECT_EQ(changed(of(Form::boolean), of(Form::integer), "f"), "0");
  EXPECT_EQ(changed(of(Form::boolean), of(Form::text), "t"), "true");
  EXPECT_EQ(changed(of(Form::boolean), of(Form::bits), "t"), "1");
  EXPECT_EQ(changed(of(Form::bits), of(Form::boolean), "1"), "t");
  EXPECT_EQ(changed(of(Form::bits), of(Form::bytes), "101000001"), (std::string{'\x01', '\x41'}));
  EXPECT_EQ(changed(of(Form::bits), of(Form::bytes), "1x"), "none");
  EXPECT_EQ(changed(of(Form::bytes), of(Form::text), std::string_view("\x00\xffz", 3)), "00ff7a");
  EXPECT_EQ(changed(of(Form::money), of(Form::decimal, true), "-$1,234.50"), "-1234.5");
  Type list = of(Form::array);
  list.element = Form::integer;
  EXPECT_EQ(changed(list, of(Form::json), "{1,NULL}"), "[1,null]");
  EXPECT_EQ(changed(list, of(Form::json), "{1,"), "none");
  EXPECT_EQ(changed(of(Form::composite), of(Form::json), "(a,)"), R"(["a",null])");
}

}  // namespace
}  // namespace godwit
