#include "engines/mysql/binlog_event.h"

#include <zstd.h>

#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/fake_log.h"

namespace godwit::mysql {
namespace {

TEST(BinlogEvent, status_variables_of_a_statement_are_read) {
  // Flags, SQL mode, catalog, character sets, time zone, schema collation, microseconds.
  const std::string vars = le(0, 1) + le(0, 4) + le(1, 1) + le(4, 8) + le(6, 1) + "\3std" + le(4, 1) + le(8, 2) +
                           le(8, 2) + le(8, 2) + le(5, 1) + "\6+02:00" + le(8, 1) + le(45, 2) + le(13, 1) + le(1, 3);
  const std::string body =
      le(9, 4) + le(0, 4) + le(1, 1) + le(0, 2) + le(vars.size(), 2) + vars + "d" + '\0' + "DROP TABLE t";
  std::string scratch;
  const auto query = read_query(EventType::query, body, scratch, "");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->sql, "DROP TABLE t");
  EXPECT_EQ(query->schema, "d");
  EXPECT_EQ(query->sql_mode, 4U);
  EXPECT_EQ(query->client_collation, 8U);
  EXPECT_EQ(query->time_zone, "+02:00");
  for (size_t length = 0; length + 13 < body.size(); ++length)
    EXPECT_FALSE(read_query(EventType::query, body.substr(0, length), scratch, "")) << length;
}

TEST(BinlogEvent, tagged_gtids_are_refused_and_anonymous_ones_have_none) {
  EXPECT_EQ(read_gtid(EventType::gtid_tagged, "x", 1, "").error().code, "mysql.tagged_gtid");
  const auto anonymous = read_gtid(EventType::anonymous_gtid, le(1, 1) + std::string(16, '\0') + le(0, 8), 1, "");
  ASSERT_TRUE(anonymous);
  EXPECT_FALSE(anonymous->gtid);
  const auto maria = read_gtid(EventType::maria_gtid, le(12, 8) + le(3, 4) + le(1, 1), 7, "");
  ASSERT_TRUE(maria);
  EXPECT_EQ(maria->gtid->number, 12U);
  EXPECT_EQ(maria->gtid->domain, 3U);
  EXPECT_EQ(maria->gtid->server, 7U);
  EXPECT_TRUE(maria->standalone);
}

TEST(BinlogEvent, a_spoiled_bit_anywhere_is_noticed) {
  LogFormat format;
  format.checksums = true;
  const std::string whole = FakeLog::bytes(EventType::xid, le(1, 8), 100, 0);
  ASSERT_TRUE(read_event(whole, format, ""));
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string spoiled = whole;
    spoiled[bit / 8] = static_cast<char>(static_cast<uint8_t>(spoiled[bit / 8]) ^ (1U << (bit % 8)));
    if (bit / 8 == 4) continue;  // the type, which may become one that has its checksum elsewhere
    EXPECT_FALSE(read_event(spoiled, format, "")) << bit;
  }
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read_event(whole.substr(0, length), format, ""));
}

std::string payload(const std::string& events) {
  std::string packed(ZSTD_compressBound(events.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), events.data(), events.size(), 3));
  return le(2, 1) + le(1, 1) + le(0, 1) + le(1, 1) + le(3, 1) + "\xfc" + le(packed.size(), 2) + le(0, 1) + packed;
}

std::string plain_event(EventType type, const std::string& body) {
  const std::string whole = FakeLog::bytes(type, body, 0, 0);
  return whole.substr(0, 9) + le(whole.size() - 4, 4) + whole.substr(13, whole.size() - 17);
}

TEST(BinlogEvent, the_events_of_a_payload_come_one_by_one) {
  std::string events;
  for (uint64_t i = 0; i < 1000; ++i) events += plain_event(EventType::xid, le(i, 8));
  auto reader = PayloadReader::open(payload(events), "");
  ASSERT_TRUE(reader);
  std::string event;
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(*reader->next(event));
    EXPECT_EQ(event, plain_event(EventType::xid, le(i, 8)));
  }
  EXPECT_FALSE(*reader->next(event));
}

TEST(BinlogEvent, a_spoiled_payload_is_an_error) {
  const std::string whole = payload(plain_event(EventType::xid, le(1, 8)) + plain_event(EventType::xid, le(2, 8)));
  for (size_t length = 0; length < whole.size(); ++length) {
    auto reader = PayloadReader::open(whole.substr(0, length), "");
    std::string event;
    int count = 0;
    while (reader) {
      const auto next = reader->next(event);
      if (!next || !*next) break;
      ++count;
    }
    EXPECT_LT(count, 2) << length;
  }
  auto huge = PayloadReader::open(
      le(0, 1) + plain_event(EventType::xid, le(1, 8)).substr(0, 9) + le(0x7fffffff, 4) + le(0, 6), "");
  std::string event;
  ASSERT_TRUE(huge);
  EXPECT_FALSE(huge->next(event));
}

TEST(BinlogEvent, compressed_runs_of_mariadb_are_expanded_and_false_sizes_refused) {
  const std::string text(5000, 'x');
  std::string packed(::compressBound(text.size()), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                       text.size()),
            Z_OK);
  packed.resize(size);
  std::string out;
  ASSERT_TRUE(inflate_maria("\x82\x13\x88" + packed, out, ""));
  EXPECT_EQ(out, text);
  EXPECT_FALSE(inflate_maria("\x82\x13\x89" + packed, out, ""));
  EXPECT_FALSE(inflate_maria("\x84\x3f\xff\xff\xff" + packed, out, ""));
  EXPECT_FALSE(inflate_maria("", out, ""));
  EXPECT_FALSE(inflate_maria("\x02\x13\x88" + packed, out, ""));
}

TEST(BinlogEvent, an_alteration_of_two_phases_alters_when_it_is_committed) {
  const auto alters_nothing = [](unsigned flags, const std::string& rest) {
    const auto read = read_gtid(EventType::maria_gtid, le(7, 8) + le(0, 4) + le(flags, 1) + rest, 1, "");
    EXPECT_TRUE(read);
    return read && read->alters_nothing;
  };
  const std::string begins = le(2, 1), commits = le(4, 1) + le(5, 8), undoes = le(8, 1) + le(5, 8);
  const std::string xid = le(1, 4) + le(2, 1) + le(8, 1) + std::string(10, '\10');
  EXPECT_FALSE(alters_nothing(1, std::string(6, '\0')));
  EXPECT_FALSE(alters_nothing(1, ""));
  EXPECT_TRUE(alters_nothing(1, begins + std::string(5, '\0')));
  EXPECT_FALSE(alters_nothing(1, commits));
  EXPECT_TRUE(alters_nothing(1, undoes));
  EXPECT_TRUE(alters_nothing(1 | 2, le(0x0808080808080808, 8) + begins));
  EXPECT_FALSE(alters_nothing(2, le(0x0808080808080808, 8)));
  EXPECT_FALSE(alters_nothing(64, xid));
  EXPECT_FALSE(read_gtid(EventType::maria_gtid, le(7, 8) + le(0, 4) + le(2, 1) + "abc", 1, ""));
}

}  // namespace
}  // namespace godwit::mysql
