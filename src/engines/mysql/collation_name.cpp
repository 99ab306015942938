#include "engines/mysql/collation_name.h"

#include <fmt/format.h>

namespace godwit::mysql {
namespace {

void replace(std::string& text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

class Collations {
 public:
  explicit Collations(const ServerKind& server) : server_(server) {}

  std::string known_collation(const std::string& name) const {
    const bool short_name = name.starts_with("utf8_");
    if (short_name || name.starts_with("utf8mb3_")) {
      const std::string rest = name.substr(name.find('_') + 1);
      const std::string known = known_of("utf8mb3", rest);
      return of_utf8mb3(known.substr(known.find('_') + 1));
    }
    const size_t end = name.find('_');
    return end == std::string::npos ? name : known_of(name.substr(0, end), name.substr(end + 1));
  }

 private:
  // Old servers know the short name alone.
  std::string of_utf8mb3(std::string_view rest) const {
    const uint32_t first = server_.is_mariadb ? 100600 : 80030;
    return std::string(server_.version >= first ? "utf8mb3_" : "utf8_") + std::string(rest);
  }

  std::string exact_of(std::string_view charset) const {
    if (charset == "utf8mb4") return std::string(exact_collation(server_));
    constexpr uint32_t first_with_nopad = 100202;
    const bool no_pad = server_.is_mariadb && server_.version >= first_with_nopad;
    return fmt::format("{}_{}bin", charset, no_pad ? "nopad_" : "");
  }

  bool has_uca1400() const {
    constexpr uint32_t first = 101000;
    return server_.is_mariadb && server_.version >= first;
  }
  bool has_0900() const {
    constexpr uint32_t first = 80000;
    return !server_.is_mariadb && server_.version >= first;
  }

  // Of "utf8mb4" and "0900_ai_ci".
  std::string known_of(const std::string& charset, const std::string& rest) const {
    const std::string name = charset + "_" + rest;
    const bool of_0900 = rest.find("0900") != std::string::npos, of_1400 = rest.starts_with("uca1400");
    const bool no_pad = rest.find("nopad_") != std::string::npos;
    if (rest == "0900_bin" || rest == "nopad_bin") return exact_of(charset);
    if (of_0900 || of_1400) {
      if ((of_0900 && has_0900()) || (of_1400 && has_uca1400())) return name;
      return of_unicode(charset, rest, of_0900 || no_pad);
    }
    if (!no_pad || server_.is_mariadb) return name;
    // Plain ones of MariaDB's that do not pad.
    if (charset == "utf8mb4" && has_0900()) return "utf8mb4_0900_ai_ci";
    std::string padded = name;
    replace(padded, "nopad_", "");
    return padded;
  }

  // Collations of the Unicode tables of one family for the other; those of languages have no like.
  std::string of_unicode(const std::string& charset, const std::string& rest, bool no_pad) const {
    const bool sensitive = rest.ends_with("_cs"), accents = rest.find("as_") != std::string::npos;
    const bool is_root =
        rest.starts_with("0900_") || rest.starts_with("uca1400_a") || rest.starts_with("uca1400_nopad_a");
    if (!is_root) return exact_of(charset);
    const std::string marks = fmt::format("{}_{}", accents ? "as" : "ai", sensitive ? "cs" : "ci");
    if (has_uca1400()) return fmt::format("{}_uca1400_{}{}", charset, no_pad ? "nopad_" : "", marks);
    if (has_0900() && charset == "utf8mb4" && marks != "ai_cs") return "utf8mb4_0900_" + marks;
    if (sensitive || accents) return exact_of(charset);
    return fmt::format("{}_unicode_520_{}ci", charset, no_pad && server_.is_mariadb ? "nopad_" : "");
  }

  const ServerKind& server_;
};

}  // namespace

std::string_view exact_collation(const ServerKind& server) {
  constexpr uint32_t first_with_0900_bin = 80017, first_with_nopad = 100202;
  if (server.is_mariadb) return server.version >= first_with_nopad ? "utf8mb4_nopad_bin" : "utf8mb4_bin";
  return server.version >= first_with_0900_bin ? "utf8mb4_0900_bin" : "utf8mb4_bin";
}

std::string known_collation(const std::string& name, const ServerKind& server) {
  return Collations(server).known_collation(name);
}

}  // namespace godwit::mysql
