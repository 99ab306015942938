#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "api/router.h"
#include "app/commands.h"
#include "app/listen_address.h"
#include "app/server_files.h"
#include "app/server_services.h"
#include "app/server_signals.h"
#include "base/clock.h"
#include "base/server_log.h"
#include "base/text.h"
#include "http/server.h"

namespace godwit {
namespace {

Error open_beyond_loopback(std::string_view listen) {
  return {
      .kind = ErrorKind::usage,
      .code = "serve.auth",
      .message = fmt::format("--auth none lets whoever can connect do everything, so it is for loopback addresses "
                             "alone, and --listen is {}. Leave --auth away, or listen on 127.0.0.1.",
                             listen),
      .sqlstate = {}};
}

Error no_such_secret_dir(std::string_view folder) {
  return {.kind = ErrorKind::usage,
          .code = "serve.secret_dir",
          .message = fmt::format("--secret-dir {} is no folder that this user may read.", folder),
          .sqlstate = {}};
}

std::string url_of(const HttpServer& server) {
  const std::string address = server.address();
  const bool v6 = address.contains(':');
  return fmt::format("{}://{}{}{}:{}", server.is_tls() ? "https" : "http", v6 ? "[" : "", address, v6 ? "]" : "",
                     server.port());
}

// The first start makes a key and prints it once, for a person or a script; never into the log of systemd.
Result<void> offer_first_key(ServerFiles& files) {
  const auto keys = TRY(access_keys(*files.database));
  if (!keys.empty()) return {};
  if (std::getenv("JOURNAL_STREAM") != nullptr) {
    server_log_of(Severity::warning, "serve",
                  "there is no access key yet, and a journal is no place for one; make one by: godwit keys "
                  "create --role admin --data-dir {}",
                  files.folder);
    return {};
  }
  print_new_key(TRY(create_access_key(*files.database, files.secrets, "admin", Role::admin, now_us())));
  return {};
}

HttpServerOptions http_options(const ServeArguments& arguments, const ListenAddress& listen) {
  HttpServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  options.tls_cert_path = arguments.tls_cert;
  options.tls_key_path = arguments.tls_key;
  options.allow_plain_beyond_loopback = arguments.allow_plain;
  return options;
}

Result<void> run(const ServeArguments& arguments) {
  protect_process();
  const ListenAddress listen = TRY(parse_listen_address(arguments.listen));
  const bool open = arguments.auth == "none";
  if (open && !listen.is_loopback()) return Failure(open_beyond_loopback(arguments.listen));
  if (!arguments.secret_dir.empty() && ::access(arguments.secret_dir.c_str(), R_OK | X_OK) != 0)
    return Failure(no_such_secret_dir(arguments.secret_dir));
  ServerFiles files = TRY(open_server_files(arguments.data_dir, arguments.store, StoreUse::serve));
  TRY(open_server_log(files.folder + "/server.log"));
  task_log().set_listener([](Component component, Severity severity, std::string_view text) {  // of engines' sessions
    if (severity <= Severity::warning) server_log(severity, lower_ascii(to_string(component)), text);
  });
  if (!open) TRY(offer_first_key(files));
  StopSignals signals;
  const auto services = TRY(ServerServices::open(std::move(files), arguments));
  TRY(services->begin());
  Environment& environment = services->environment();
  Router router(environment, {.required = !open,
                              .loopback_listener = listen.is_loopback(),
                              .signature = {.started_s = now_us() / 1'000'000}});
  auto server =
      TRY(HttpServer::start(http_options(arguments, listen), [&](const HttpRequest& r) { return router.answer(r); }));
  if (open && !server->is_loopback()) return Failure(open_beyond_loopback(arguments.listen));
  const std::string url = url_of(*server);
  server_log_of(Severity::info, "serve", "godwit {} listens on {}, account {}, region {}, folder {}{}",
                GODWIT_VERSION, url, environment.names.account, environment.names.region, environment.folder,
                open ? ", without authentication" : "");
  fmt::print("listening on {}\n", url);
  std::fflush(stdout);
  announce_ready(url, arguments.ready_fd);
  const std::string signal = signals.wait();
  server_log_of(Severity::info, "serve", "{}: requests under way end, tasks go on in their workers", signal);
  server.reset();
  return {};
}

}  // namespace

int serve(const ServeArguments& arguments) {
  const auto done = run(arguments);
  if (done) {
    server_log(Severity::info, "serve", "ended");
    return 0;
  }
  fmt::print(stderr, "error: {} [{}]\n", done.error().message, done.error().code);
  return done.error().kind == ErrorKind::usage ? 2 : 1;
}

}  // namespace godwit
