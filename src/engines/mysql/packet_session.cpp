#include "engines/mysql/packet_session.h"

#include <errmsg.h>

#include "engines/mysql/connection.h"

namespace godwit::mysql {
namespace {

// A packet that has begun goes on at once; what stays cut heeds no stop meanwhile.
constexpr unsigned read_timeout_s = 30;

class PacketSession : public PacketSource {
 public:
  explicit PacketSession(Connection session) : session_(std::move(session)) {}

  Result<void> execute(std::string_view sql) override {
    TRY(session_.run(std::string(sql)));
    return {};
  }
  Result<void> send(uint8_t command, std::string_view payload) override {
    return session_.send_command(static_cast<enum enum_server_command>(command), payload, false);
  }
  Result<std::optional<std::string_view>> read(int wait_ms, const std::stop_token& stop) override {
    auto packet = session_.read_packet(wait_ms, stop);
    if (packet && packet->empty()) return std::nullopt;
    if (packet) return *packet;
    const unsigned number = mysql_errno(session_.raw());
    if (number == 0 || (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR)) return Failure(packet.error());
    // The library has read the error's packet itself.
    error_ = "\xff";
    error_ += static_cast<char>(number & 0xFFU);
    error_ += static_cast<char>(number >> 8U & 0xFFU);
    error_ += '#';
    error_ += mysql_sqlstate(session_.raw());
    error_ += mysql_error(session_.raw());
    return error_;
  }
  bool joins_packets() const override { return true; }

 private:
  Connection session_;
  std::string error_;
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_packet_session(const Endpoint& endpoint, const std::string& tag) {
  return std::make_unique<PacketSession>(TRY(
      Connection::open(endpoint, {.tag = tag, .role = "capture", .database = {}, .read_timeout_s = read_timeout_s})));
}

}  // namespace godwit::mysql
