#include "control/webhook.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "control/event_errors.h"

namespace godwit {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

constexpr size_t reply_bytes_max = size_t{1} << 20;
constexpr int64_t connect_timeout_ms = 5'000;

// The reply is of no use; one without end is cut off.
size_t drop_reply(char* /*bytes*/, size_t size, size_t count, void* seen) {
  auto& total = *static_cast<size_t*>(seen);
  total += size * count;
  return total > reply_bytes_max ? 0 : size * count;
}

int ask_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

Headers header_list(const std::vector<std::string>& lines) {
  Headers list(nullptr, curl_slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) break;
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

}  // namespace

Result<void> post_webhook(const std::string& url, const std::vector<std::string>& headers, std::string_view body,
                          int64_t timeout_ms, const std::stop_token& stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const Easy easy(curl_easy_init(), curl_easy_cleanup);
  if (!easy) return Failure(webhook_failed(url, "no memory"));
  const bool plain = url.starts_with("http:") || url.starts_with("HTTP:");
  const Headers list = header_list(headers);
  size_t seen = 0;
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  if (plain) set(CURLOPT_PROXY, "");  // the loopback is not reached by way of another machine
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(CURLOPT_POSTFIELDS, body.data());
  set(CURLOPT_HTTPHEADER, list.get());
  set(CURLOPT_USERAGENT, "godwit");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout_ms, connect_timeout_ms)));
  set(CURLOPT_WRITEFUNCTION, &drop_reply);
  set(CURLOPT_WRITEDATA, &seen);
  set(CURLOPT_XFERINFOFUNCTION, &ask_stop);
  set(CURLOPT_XFERINFODATA, &stop);
  set(CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) return Failure(webhook_failed(url, curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) return Failure(webhook_answered(url, status));
  return {};
}

}  // namespace godwit
