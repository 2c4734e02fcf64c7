// Signs of life between daemons: daemon 0 asks every other one each second, and they ask daemon 0,
// so whoever is gone is noticed by one that can end the job.
//
// Threads: one of its own; health() from any, CheckNow() from the simulation thread.

#ifndef UPFABRIC_DAEMON_RPC_HEARTBEAT_H_
#define UPFABRIC_DAEMON_RPC_HEARTBEAT_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/host_port.h"
#include "upfabric/v1/control.grpc.pb.h"

namespace upfabric::daemon {

class Heartbeat {
 public:
  struct Peer {
    int daemon = 0;
    HostPort address;
  };

  // A peer that has not answered for `timeout` is gone; one whose port nobody listens on is at
  // once.
  explicit Heartbeat(absl::Duration timeout) : timeout_(timeout) {}
  ~Heartbeat();

  // Starts to watch. Call once.
  void Watch(const std::vector<Peer>& peers);
  // Peers that end from now on do so because all end.
  void Stop();

  // kUnavailable "daemon 2 at HOST:PORT is gone: ...", once that is so. Costs one load.
  absl::Status health() const;

  // Whether a peer itself has said why the job ends: then it has told people, too.
  bool announced() const { return announced_.load(std::memory_order_acquire); }

  // Asks all peers at once whether somebody still listens, unless it has just done so; then as
  // health().
  absl::Status CheckNow();

 private:
  struct WatchedPeer {
    Peer peer;
    std::unique_ptr<v1::ControlService::Stub> stub;
    absl::Time last_answer;
  };

  void Loop();
  void Ask(WatchedPeer& watched);
  void DeclareGone(const Peer& peer, const std::string& reason);
  void Declare(const std::string& message);

  const absl::Duration timeout_;
  std::vector<WatchedPeer> peers_;  // constant after Watch, last_answer owned by the thread
  absl::Time last_check_ = absl::InfinitePast();  // of CheckNow
  std::thread thread_;
  std::atomic<bool> announced_ = false;
  std::atomic<bool> is_gone_ = false;
  // std, not absl: ThreadSanitizer sees through it, and the packaged Abseil is not instrumented.
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  // Guarded by mutex_:
  absl::Status gone_;
  bool stopped_ = false;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_HEARTBEAT_H_
