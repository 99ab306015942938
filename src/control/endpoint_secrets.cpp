#include "control/endpoint_secrets.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "control/endpoint_faults.h"

namespace godwit {
namespace {

constexpr size_t secret_bytes_max = 65536;

// "arn:aws:secretsmanager:<region>:<account>:secret:<name>": the name.
std::string name_of(const std::string& id) {
  constexpr std::string_view mark = ":secret:";
  const size_t at = id.starts_with("arn:") ? id.find(mark) : std::string::npos;
  return at == std::string::npos ? id : id.substr(at + mark.size());
}

bool is_file_name(std::string_view name) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-";
  if (name.empty() || name.front() == '/' || name.find_first_not_of(allowed) != std::string_view::npos) return false;
  for (const std::string& part : split(name, '/'))
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

std::string without_suffix(const std::string& name) {
  constexpr size_t suffix = 7;  // "-AbCdEf"
  return name.size() > suffix && name[name.size() - suffix] == '-' ? name.substr(0, name.size() - suffix) : name;
}

Result<std::string> read_file(const std::string& folder, const std::string& id) {
  if (folder.empty()) return Failure(no_secret_folder(id));
  const std::string name = name_of(id);
  if (!is_file_name(name)) return Failure(secret_refused(id, "its name is no name of a file"));
  struct stat facts{};
  std::string path = folder + "/" + name + ".json";
  if (::stat(path.c_str(), &facts) != 0) {
    if (id.starts_with("arn:")) path = folder + "/" + without_suffix(name) + ".json";  // ARNs alone end in one
    if (::stat(path.c_str(), &facts) != 0)
      return Failure(secret_refused(id, fmt::format("the folder of secrets has no file {}.json", name)));
  }
  if ((facts.st_mode & 077) != 0)
    return Failure(secret_refused(id, "others than its owner may use the file; chmod 600 it"));
  std::ifstream file(path, std::ios::binary);
  std::string text(secret_bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) return Failure(secret_refused(id, file ? "the file is too large" : "the file cannot be read"));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

// A text, or a number as one. Nothing: it is neither.
std::optional<std::string> text_of(const nlohmann::json& object, std::string_view key) {
  const auto at = object.find(key);
  if (at == object.end() || at->is_null()) return "";
  if (at->is_string()) return at->get<std::string>();
  if (at->is_number_unsigned()) return at->dump();
  return std::nullopt;
}

}  // namespace

Result<Login> read_secret(const std::string& secret_folder, const std::string& secret_id) {
  constexpr std::string_view environment = "env:";
  std::string text;
  if (secret_id.starts_with(environment)) {
    const char* value = std::getenv(secret_id.c_str() + environment.size());
    if (value == nullptr) return Failure(secret_refused(secret_id, "the server's environment has no such variable"));
    text = value;
  } else {
    text = TRY(read_file(secret_folder, secret_id));
  }
  const auto document = parse_json(text, "the secret");
  if (!document || !document->is_object()) return Failure(secret_refused(secret_id, "it is no JSON object"));
  Login out;
  for (const auto& [key, member] : {std::pair("username", &Login::username), std::pair("password", &Login::password),
                                    std::pair("host", &Login::host), std::pair("port", &Login::port)}) {
    const auto value = text_of(*document, key);
    if (!value) return Failure(secret_refused(secret_id, fmt::format("its member {} is no text", key)));
    out.*member = *value;
  }
  if (out.username.empty() || out.password.empty() || out.host.empty())
    return Failure(secret_refused(secret_id, "it lacks username, password or host"));
  return out;
}

}  // namespace godwit
