#include "daemon/host_port.h"

#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace upfabric::daemon {

std::string HostPort::ToString() const {
  const bool is_ipv6 = absl::StrContains(host, ':');
  return is_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

bool HostPort::IsLoopback() const {
  in_addr parsed{};
  if (inet_pton(AF_INET, host.c_str(), &parsed) == 1) {
    constexpr uint32_t kLoopbackNet = 127;
    return ntohl(parsed.s_addr) >> 24U == kLoopbackNet;
  }
  return host == "::1" || host == "localhost";
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text, absl::string_view flag) {
  constexpr int kPortMax = 65535;
  HostPort parsed;
  const size_t colon = text.rfind(':');
  if (colon != absl::string_view::npos) {
    absl::string_view host = text.substr(0, colon);
    if (absl::ConsumePrefix(&host, "[") && !absl::ConsumeSuffix(&host, "]")) {
      host = "";
    }
    parsed.host = std::string(host);
  }
  if (parsed.host.empty() || !absl::SimpleAtoi(text.substr(colon + 1), &parsed.port) ||
      parsed.port < 0 || parsed.port > kPortMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": \"", text, "\" is not HOST:PORT with a port from 0 to ", kPortMax));
  }
  return parsed;
}

}  // namespace upfabric::daemon
