// One row of a sweep between the processes of an MPI job: exchange of windows, and payload.
//
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_ROW_H_
#define UPFABRIC_DAEMON_MPI_ROW_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "daemon/mpi/environment.h"
#include "daemon/mpi/payloads.h"
#include "daemon/mpi/waiter.h"
#include "daemon/mpi/window_messages.h"
#include "daemon/process_group.h"

namespace upfabric::daemon {

struct MpiRowOptions {
  MpiEnvironment& environment;
  WaiterOptions wait;
  PayloadFlip& flip;
  uint32_t row = 0;  // counts up; the same in all processes
};

class MpiRow final : public RowSession, private fabric::sim::WindowExchange {
 public:
  MpiRow(const MpiRowOptions& options, std::function<int(EndpointId)> owner, RowHooks hooks);
  // Waits for payload that is still on its way.
  ~MpiRow() override;

  fabric::sim::WindowExchange& exchange() override { return *this; }
  collectives::PayloadTransport& transport() override { return payloads_; }
  std::vector<std::string> DamagedMessages() const override { return payloads_.DamagedMessages(); }
  double exchange_wait_seconds() const override;

 private:
  absl::StatusOr<fabric::sim::Ticks> Swap(
      std::span<const std::vector<fabric::sim::CrossingRecord>> outgoing, fabric::sim::Ticks next,
      std::vector<fabric::sim::CrossingRecord>& incoming) override;

  void Write(int process, std::span<const fabric::sim::CrossingRecord> records,
             fabric::sim::Ticks next, const absl::Status& wish, const std::string& news);
  // Appends the records of `process` and its news, lowers `next` and sets `stop` if it is OK and
  // `process` wishes.
  absl::Status Read(int process, std::vector<fabric::sim::CrossingRecord>& incoming,
                    fabric::sim::Ticks& next, absl::Status& stop);
  // Hands on the news of all.
  void Tell(fabric::sim::Ticks start);

  const uint32_t row_;
  uint64_t window_ = 0;
  MpiEnvironment& environment_;
  const RowHooks hooks_;
  std::vector<std::string> news_;  // of the last exchange
  Waiter exchange_waiter_;
  Waiter payload_waiter_;
  WindowMessages messages_;
  MpiPayloads payloads_;
  bool broken_ = false;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_ROW_H_
