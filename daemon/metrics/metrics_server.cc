#include "daemon/metrics/metrics_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace upfabric::daemon {
namespace {

constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kPlainType[] = "text/plain; charset=utf-8";
// chosen: Prometheus, a second one and a person with curl.
constexpr size_t kThreads = 3;

class HttplibServer final : public MetricsServer {
 public:
  HttplibServer(HostPort address, Callbacks callbacks)
      : address_(std::move(address)), callbacks_(std::move(callbacks)) {}

  ~HttplibServer() override {
    server_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  const HostPort& address() const override { return address_; }

  absl::Status Listen() {
    Configure();
    errno = 0;
    const bool bound = address_.port == 0
                           ? BindToAnyPort()
                           : server_.bind_to_port(address_.host.c_str(), address_.port);
    if (!bound) {
      const std::string where = address_.ToString();
      if (errno == EADDRINUSE) {
        return absl::AlreadyExistsError(absl::StrCat("--metrics: ", where, " is in use"));
      }
      return absl::InvalidArgumentError(
          absl::StrCat("--metrics: cannot listen on ", where, ": ", std::strerror(errno)));
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // Stopping works only once it runs.
    while (!server_.is_running()) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::OkStatus();
  }

 private:
  void Configure() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // A connection kept alive would hold one of the few threads.
    server_.set_keep_alive_max_count(1);
    // The library's own options would let two servers share a port.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      const std::optional<std::string> text = callbacks_.metrics();
      if (text.has_value()) {
        response.set_content(*text, kExpositionType);
      } else {
        response.status = 503;
        response.set_content("no snapshot yet\n", kPlainType);
      }
    });
    server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      const bool healthy = callbacks_.healthy();
      response.status = healthy ? 200 : 503;
      response.set_content(healthy ? "ok\n" : "not serving\n", kPlainType);
    });
  }

  bool BindToAnyPort() {
    const int port = server_.bind_to_any_port(address_.host.c_str());
    if (port <= 0) {
      return false;
    }
    address_.port = port;
    return true;
  }

  HostPort address_;
  const Callbacks callbacks_;
  httplib::Server server_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const HostPort& address,
                                                                    Callbacks callbacks) {
  auto server = std::make_unique<HttplibServer>(address, std::move(callbacks));
  absl::Status listening = server->Listen();
  if (!listening.ok()) {
    return listening;
  }
  return std::unique_ptr<MetricsServer>(std::move(server));
}

}  // namespace upfabric::daemon
