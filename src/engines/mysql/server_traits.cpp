#include "engines/mysql/server_traits.h"

#include <charconv>

namespace godwit::mysql {
namespace {

int take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return error == std::errc() ? value : 0;
}

}  // namespace

ServerTraits traits_of_version(std::string_view version) {
  ServerTraits traits;
  traits.mariadb = version.find("MariaDB") != std::string_view::npos;
  // Replicas of old took a MariaDB of two digits for a MySQL 1.x: some say so to this day.
  if (traits.mariadb && version.starts_with("5.5.5-")) version.remove_prefix(6);
  const int major = take_number(version), minor = take_number(version), patch = take_number(version);
  traits.version = major * 10000 + minor * 100 + patch;
  traits.has_gtids = traits.mariadb;
  return traits;
}

}  // namespace godwit::mysql
