#include "engines/postgres/lsn.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

TEST(Lsn, is_read_padded_or_not_and_written_both_ways) {
  const struct {
    std::string_view text;
    Lsn lsn;
    std::string_view bare, position;
  } cases[] = {
      {"0/0", 0, "0/0", "00000000/00000000"},
      {"4AF/B00000D0", 0x4AFB00000D0, "4AF/B00000D0", "000004AF/B00000D0"},
      {"4af/b00000d0", 0x4AFB00000D0, "4AF/B00000D0", "000004AF/B00000D0"},
      {"000004AF/B00000D0", 0x4AFB00000D0, "4AF/B00000D0", "000004AF/B00000D0"},
      {"1/2", 0x100000002, "1/2", "00000001/00000002"},
      {"0/FFFFFFFF", 0xFFFFFFFF, "0/FFFFFFFF", "00000000/FFFFFFFF"},
      {"FFFFFFFF/FFFFFFFF", UINT64_MAX, "FFFFFFFF/FFFFFFFF", "FFFFFFFF/FFFFFFFF"},
  };
  for (const auto& c : cases) {
    const std::optional<Lsn> lsn = parse_lsn(c.text);
    ASSERT_EQ(lsn, c.lsn) << c.text;
    EXPECT_EQ(lsn_text(*lsn), c.bare);
    EXPECT_EQ(lsn_position(*lsn).text, c.position);
    EXPECT_EQ(parse_lsn(c.position), c.lsn);
  }
}

TEST(Lsn, other_texts_are_none) {
  for (const std::string_view text : {"", "/", "1/", "/1", "1", "1-2", "1/2/3", "G/0", "0/G", "0x1/2", "+1/2", "-1/2",
                                      " 1/2", "1/2 ", "1 /2", "123456789/0", "0/123456789"})
    EXPECT_EQ(parse_lsn(text), std::nullopt) << text;
}

TEST(Lsn, positions_in_text_order_are_in_log_order) {
  const Lsn ascending[] = {0, 1, 0xF, 0x10, 0xFFFFFFFF, 0x100000000, 0xF00000000, 0x1000000000, UINT64_MAX};
  for (size_t i = 1; i < std::size(ascending); ++i)
    EXPECT_LT(lsn_position(ascending[i - 1]).text, lsn_position(ascending[i]).text);
}

TEST(Lsn, a_checkpoint_comes_back_as_its_position) {
  const Position position = lsn_position(0x4AFB00000D0);
  EXPECT_EQ(checkpoint_text(position), "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0");
  const std::string_view cases[] = {
      "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0",
      "checkpoint:V1#27#4AF/B00000D0#0#0#*#0#93",
      "  checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0\n",
      "4AF/B00000D0",
      "000004AF/B00000D0",
      " 4AF/B00000D0 ",
  };
  for (const std::string_view text : cases) EXPECT_EQ(parse_checkpoint(text), position) << text;
}

TEST(Lsn, positions_of_other_engines_come_back_from_their_checkpoints) {
  for (const char* text :
       {"mysql-bin.000012:0000004567", "binlog.000001:0000000004@id-7#0-7-12,1-7-3!binlog.000001:4",
        "binlog.000001:0000000004@3e11fa47-71ca-11e1-9e33-c80aa9429562#3e11fa47-71ca-11e1-9e33-"
        "c80aa9429562:1-5"})
    EXPECT_EQ(parse_own_checkpoint(checkpoint_text({text})), Position{text});
  EXPECT_EQ(parse_own_checkpoint("checkpoint:V1#1##0#0#*#0#0"), std::nullopt);
}

TEST(Lsn, a_place_inside_a_transaction_sorts_behind_its_start_and_comes_back) {
  const Position ascending[] = {
      lsn_position(0xFF),         partial_position(0xFF, 1),          partial_position(0xFF, 9),
      partial_position(0xFF, 10), partial_position(0xFF, 0xFFFFFFFF), lsn_position(0x100)};
  for (size_t i = 1; i < std::size(ascending); ++i) EXPECT_LT(ascending[i - 1].text, ascending[i].text);
  for (const Position& position : ascending) {
    EXPECT_EQ(parse_own_checkpoint(checkpoint_text(position)), position);
    EXPECT_EQ(parse_checkpoint(checkpoint_text(position)), lsn_position(lsn_of(position)));
  }
  EXPECT_EQ(parse_place(partial_position(0xFF, 10)), (LogPlace{0xFF, 10}));
  for (const char* text : {"", "0/1+", "0/1+G", "+1", "0/1+1+1", "0/1+123456789"})
    EXPECT_EQ(parse_place({text}), std::nullopt) << text;
}

TEST(Lsn, other_checkpoints_are_none) {
  const std::string_view cases[] = {
      "",
      "checkpoint:V1#",
      "checkpoint:V1#1#000004AF/B00000D0",
      "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0#1",
      "checkpoint:V1#1##0#0#*#0#0",
      "checkpoint:V1#1#mysql-bin.000012:55#0#0#*#0#0",
      "checkpoint:V2#1#000004AF/B00000D0#0#0#*#0#0",
      "2026-03-01T09:30:05",
  };
  for (const std::string_view text : cases) EXPECT_EQ(parse_checkpoint(text), std::nullopt) << text;
}

}  // namespace
}  // namespace godwit::postgres
