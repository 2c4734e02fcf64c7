#include "daemon/rpc/heartbeat.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/rpc/control_client.h"

namespace upfabric::daemon {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);
// chosen: CheckNow is called from waiting loops.
constexpr absl::Duration kCheckPeriod = absl::Milliseconds(100);

// The error of a connection attempt that ends, or is given up after a while.
int ConnectErrno(int socket_fd, const addrinfo& address) {
  // chosen: a refusal takes one round trip; a host that does not answer must not hold us up.
  constexpr int kPatienceMilliseconds = 200;
  if (connect(socket_fd, address.ai_addr, address.ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  pollfd wait{socket_fd, POLLOUT, 0};
  if (poll(&wait, 1, kPatienceMilliseconds) <= 0) {
    return ETIMEDOUT;
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket_fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Whether the host answers that nobody listens on the port: the process has ended.
bool ConnectionRefused(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found) != 0) {
    return false;
  }
  const int socket_fd =
      socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK, found->ai_protocol);
  const bool refused = ConnectErrno(socket_fd, *found) == ECONNREFUSED;
  close(socket_fd);
  freeaddrinfo(found);
  return refused;
}

}  // namespace

Heartbeat::~Heartbeat() {
  Stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Heartbeat::Watch(const std::vector<Peer>& peers) {
  for (const Peer& peer : peers) {
    peers_.push_back(
        {peer, v1::ControlService::NewStub(MakeChannel(peer.address.ToString())), absl::Now()});
  }
  if (!peers_.empty()) {
    thread_ = std::thread([this] { Loop(); });
  }
}

void Heartbeat::Stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  stopping_.notify_all();
}

absl::Status Heartbeat::health() const {
  if (!is_gone_.load(std::memory_order_acquire)) {
    return absl::OkStatus();
  }
  const std::scoped_lock lock(mutex_);
  return gone_;
}

absl::Status Heartbeat::CheckNow() {
  const absl::Time now = absl::Now();
  if (now - last_check_ < kCheckPeriod) {
    return health();
  }
  last_check_ = now;
  for (const WatchedPeer& watched : peers_) {
    if (ConnectionRefused(watched.peer.address)) {
      DeclareGone(watched.peer, "nobody listens there");
    }
  }
  return health();
}

void Heartbeat::Loop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (stopping_.wait_for(lock, absl::ToChronoMilliseconds(kPeriod),
                             [this] { return stopped_; })) {
        return;
      }
    }
    for (WatchedPeer& watched : peers_) {
      Ask(watched);
    }
  }
}

void Heartbeat::Ask(WatchedPeer& watched) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kPeriod));
  v1::GetStatusResponse response;
  const grpc::Status status = watched.stub->GetStatus(&context, v1::GetStatusRequest(), &response);
  const absl::Time now = absl::Now();
  if (status.ok()) {
    watched.last_answer = now;
  } else if (status.error_code() == grpc::StatusCode::ABORTED) {
    announced_.store(true, std::memory_order_release);
    Declare(status.error_message());
  } else if (ConnectionRefused(watched.peer.address)) {
    DeclareGone(watched.peer, "nobody listens there");
  } else if (now - watched.last_answer > timeout_) {
    DeclareGone(watched.peer, absl::StrCat("no answer for ", absl::FormatDuration(timeout_)));
  }
}

void Heartbeat::DeclareGone(const Peer& peer, const std::string& reason) {
  Declare(
      absl::StrCat("daemon ", peer.daemon, " at ", peer.address.ToString(), " is gone: ", reason));
}

void Heartbeat::Declare(const std::string& message) {
  const std::scoped_lock lock(mutex_);
  if (stopped_ || !gone_.ok()) {
    return;
  }
  gone_ = absl::UnavailableError(message);
  is_gone_.store(true, std::memory_order_release);
}

}  // namespace upfabric::daemon
