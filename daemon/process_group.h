// The processes that run one fabric together: one alone, or an MPI job.
//
// Threads: all calls are made by the simulation thread; all processes make the same calls in the
// same order.

#ifndef UPFABRIC_DAEMON_PROCESS_GROUP_H_
#define UPFABRIC_DAEMON_PROCESS_GROUP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/payload_transport.h"
#include "fabric/sim/exchange.h"

namespace upfabric::daemon {

// What a process needs from its group while a row runs.
class RowSession {
 public:
  virtual ~RowSession() = default;
  virtual fabric::sim::WindowExchange& exchange() = 0;
  virtual collectives::PayloadTransport& transport() = 0;
  // After the row: names of messages whose payload arrived damaged in this process.
  virtual std::vector<std::string> DamagedMessages() const = 0;
  // Seconds this process waited for others inside exchanges.
  virtual double exchange_wait_seconds() const = 0;
};

// What a process wants to do in the exchanges of a row, in the simulation thread. All are optional.
struct RowHooks {
  // Before the swap. An error stops the row in every process with that error (in the next
  // exchange).
  std::function<absl::Status()> on_window = nullptr;
  // Before the swap: a text for all processes; "" is none. It is delivered in this exchange, unless
  // the row ends or is stopped in it.
  std::function<std::string()> news = nullptr;
  // In every process, for each text, in the order of the processes that gave them, when the start
  // of the next window is agreed.
  std::function<void(const std::string& news, fabric::sim::Ticks start)> on_news = nullptr;
};

class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual int index() const = 0;
  virtual int size() const = 0;

  // `owner(endpoint)` says which process owns an endpoint, for the payload's way.
  virtual std::unique_ptr<RowSession> StartRow(std::function<int(EndpointId)> owner,
                                               RowHooks hooks) = 0;

  // Every process gives a string; each gets them all, by index.
  virtual absl::StatusOr<std::vector<std::string>> AllGather(const std::string& mine) = 0;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_PROCESS_GROUP_H_
