#include "engines/mysql/gtid_set.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

void append_little_endian(ByteBuffer& out, uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// Numbers of transactions are positive and below 2^63 on every server.
bool parse_number(std::string_view text, uint64_t& out) {
  text = trim(text);
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty() && out > 0 && out < INT64_MAX;
}

bool parse_u32(std::string_view text, uint32_t& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string uuid_text(const Uuid& uuid) {
  ByteBuffer digits;
  append_hex(digits, {reinterpret_cast<const char*>(uuid.data()), uuid.size()});
  std::string out(digits.view());
  for (const size_t at : {8U, 13U, 18U, 23U}) out.insert(at, 1, '-');
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  std::string digits;
  if (text.size() == 36) {
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
    for (const char c : text)
      if (c != '-') digits += c;
  } else {
    digits = text;
  }
  ByteBuffer bytes;
  Uuid out{};
  if (digits.size() != 32 || !append_unhex(bytes, digits)) return std::nullopt;
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

Gtid Gtid::mysql(std::string_view sid, uint64_t number) {
  Gtid out;
  std::memcpy(out.sid.data(), sid.data(), std::min(sid.size(), out.sid.size()));
  out.number = number;
  return out;
}

Gtid Gtid::maria(uint32_t domain, uint32_t server, uint64_t number) {
  return {GtidFamily::maria, {}, domain, server, number};
}

void GtidSet::add_interval(std::vector<Interval>& to, Interval interval) {
  if (!to.empty() && interval.first >= to.back().first) {  // the usual case: the next number
    if (interval.first > to.back().end) {
      to.push_back(interval);
    } else {
      to.back().end = std::max(to.back().end, interval.end);
    }
    return;
  }
  auto at = std::ranges::lower_bound(to, interval.first, {}, &Interval::end);
  auto last = at;
  while (last != to.end() && last->first <= interval.end) {
    interval.first = std::min(interval.first, last->first);
    interval.end = std::max(interval.end, last->end);
    ++last;
  }
  to.insert(to.erase(at, last), interval);
}

bool GtidSet::parse_mysql(std::string_view text) {
  for (const std::string& part : split(text, ',')) {
    const std::vector<std::string> pieces = split(trim(part), ':');
    if (trim(part).empty()) continue;  // MySQL takes stray commas too
    const std::optional<Uuid> sid = parse_uuid(trim(pieces[0]));
    if (!sid || pieces.size() < 2) return false;
    for (size_t i = 1; i < pieces.size(); ++i) {
      const size_t dash = pieces[i].find('-');
      Interval interval;
      if (!parse_number(pieces[i].substr(0, dash), interval.first)) return false;
      uint64_t last = interval.first;
      if (dash != std::string::npos && !parse_number(pieces[i].substr(dash + 1), last)) return false;
      if (last < interval.first) return false;
      interval.end = last + 1;
      add_interval(by_sid_[*sid], interval);
    }
  }
  return true;
}

bool GtidSet::parse_maria(std::string_view text) {
  for (const std::string& part : split(text, ',')) {
    const std::vector<std::string> pieces = split(trim(part), '-');
    uint32_t domain = 0;
    Last last;
    if (pieces.size() != 3 || !parse_u32(pieces[0], domain) || !parse_u32(pieces[1], last.server) ||
        !parse_number(pieces[2], last.number) || !by_domain_.emplace(domain, last).second)
      return false;
  }
  return true;
}

Result<GtidSet> GtidSet::parse(std::string_view text) {
  text = trim(text);
  GtidSet out;
  if (text.empty()) return out;
  const bool has_colon = text.find(':') != std::string_view::npos;
  out.family_ = has_colon ? GtidFamily::mysql : GtidFamily::maria;
  if (!(has_colon ? out.parse_mysql(text) : out.parse_maria(text))) return Failure(errors::bad_gtid_text(text));
  return out;
}

std::optional<GtidSet> GtidSet::decode(std::string_view bytes) {
  LogReader in(bytes);
  GtidSet out;
  uint64_t sids = 0;
  if (!in.u64(sids)) return std::nullopt;
  for (; sids > 0; --sids) {
    std::string_view sid;
    uint64_t intervals = 0;
    if (!in.bytes(16, sid) || !in.u64(intervals)) return std::nullopt;
    Uuid uuid;
    std::memcpy(uuid.data(), sid.data(), uuid.size());
    for (; intervals > 0; --intervals) {
      Interval interval;
      if (!in.u64(interval.first) || !in.u64(interval.end) || interval.first == 0 || interval.end <= interval.first ||
          interval.end > INT64_MAX)
        return std::nullopt;
      add_interval(out.by_sid_[uuid], interval);
    }
  }
  return out;
}

std::string GtidSet::text() const {
  std::string out;
  for (const auto& [sid, intervals] : by_sid_) {
    if (!out.empty()) out += ',';
    out += uuid_text(sid);
    for (const Interval& interval : intervals) {
      out += ':' + std::to_string(interval.first);
      if (interval.end - interval.first > 1) out += '-' + std::to_string(interval.end - 1);
    }
  }
  for (const auto& [domain, last] : by_domain_) {
    if (!out.empty()) out += ',';
    out += std::to_string(domain) + '-' + std::to_string(last.server) + '-' + std::to_string(last.number);
  }
  return out;
}

void GtidSet::encode(ByteBuffer& out) const {
  append_little_endian(out, by_sid_.size());
  for (const auto& [sid, intervals] : by_sid_) {
    out.append(sid.data(), sid.size());
    append_little_endian(out, intervals.size());
    for (const Interval& interval : intervals) {
      append_little_endian(out, interval.first);
      append_little_endian(out, interval.end);
    }
  }
}

void GtidSet::add(const Gtid& gtid) {
  if (empty()) family_ = gtid.family;
  if (gtid.family == GtidFamily::mysql) {
    add_interval(by_sid_[gtid.sid], {gtid.number, gtid.number + 1});
  } else {
    by_domain_[gtid.domain] = {gtid.server, gtid.number};
  }
}

void GtidSet::unite(const GtidSet& other) {
  if (empty()) family_ = other.family_;
  for (const auto& [sid, intervals] : other.by_sid_)
    for (const Interval& interval : intervals) add_interval(by_sid_[sid], interval);
  for (const auto& [domain, last] : other.by_domain_) {
    Last& ours = by_domain_[domain];
    if (last.number > ours.number) ours = last;
  }
}

bool GtidSet::contains(const Gtid& gtid) const {
  if (gtid.family == GtidFamily::maria) {
    const auto last = by_domain_.find(gtid.domain);
    return last != by_domain_.end() && gtid.number <= last->second.number;
  }
  const auto intervals = by_sid_.find(gtid.sid);
  if (intervals == by_sid_.end()) return false;
  const auto behind = std::ranges::upper_bound(intervals->second, gtid.number, {}, &Interval::first);
  return behind != intervals->second.begin() && gtid.number < std::prev(behind)->end;
}

bool GtidSet::contains(const GtidSet& other) const {
  for (const auto& [domain, last] : other.by_domain_)
    if (!contains(Gtid::maria(domain, last.server, last.number))) return false;
  for (const auto& [sid, intervals] : other.by_sid_) {
    const auto ours = by_sid_.find(sid);
    if (ours == by_sid_.end()) return false;
    for (const Interval& interval : intervals) {
      const auto behind = std::ranges::upper_bound(ours->second, interval.first, {}, &Interval::first);
      if (behind == ours->second.begin() || interval.end > std::prev(behind)->end) return false;
    }
  }
  return true;
}

std::partial_ordering GtidSet::compare(const GtidSet& a, const GtidSet& b) {
  if (!a.empty() && !b.empty() && a.family_ != b.family_) return std::partial_ordering::unordered;
  const bool holds_b = a.contains(b), holds_a = b.contains(a);
  if (holds_a && holds_b) return std::partial_ordering::equivalent;
  if (holds_b) return std::partial_ordering::greater;
  return holds_a ? std::partial_ordering::less : std::partial_ordering::unordered;
}

}  // namespace godwit::mysql
