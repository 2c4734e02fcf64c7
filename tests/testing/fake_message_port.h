// A fabric of message ports for tests of collectives: virtual time, one priority queue, no model.
//
// Models:  either seeded random delays for every message and local operation, so that messages
//          overtake each other; or (rated) endpoints with one link of a fixed rate, cut-through, a
//          path latency, and a memory that serves one operation after another. Multicasts and
//          reduce-reads are of all endpoints, whatever the group.
// Checks:  a message's name is sent once and asked for once.
// Threads: none.

#ifndef UPFABRIC_TESTS_TESTING_FAKE_MESSAGE_PORT_H_
#define UPFABRIC_TESTS_TESTING_FAKE_MESSAGE_PORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "collectives/payload_transport.h"
#include "fabric/api/message_port.h"

namespace upfabric::testing {

// Times of the rated mode, whole picoseconds for each byte.
struct FakeFigures {
  int64_t latency_ps = 1'000'000;
  int64_t link_ps_per_byte = 2;  // 500 GB/s
  int64_t local_latency_ps = 200'000;
  int64_t memory_bytes_per_ps = 4;  // 4 TB/s
};

class FakeFabric {
 public:
  struct Options {
    bool rated = false;
    FakeFigures figures = {};     // rated
    uint64_t seed = 0;            // random
    int64_t delay_ps_max = 1000;  // random: delays are 1 to this
    // Messages that never arrive.
    std::function<bool(const collectives::MessageName&)> loses = {};
  };

  FakeFabric(int endpoints, Options options);
  ~FakeFabric();

  void Attach(EndpointId endpoint, fabric::MessagePortClient* client);
  // Runs until nothing is pending.
  void Run();

  int64_t now_ps() const { return now_ps_; }
  int64_t messages() const { return static_cast<int64_t>(sent_.size()); }
  int64_t sent_bytes(EndpointId endpoint) const;
  int64_t local_bytes(EndpointId endpoint) const;
  // Rated: most sends that had been posted at one instant and had not left.
  int64_t waiting_max(EndpointId endpoint) const;
  // Messages that were delivered and that nobody asked for.
  int64_t unclaimed() const { return static_cast<int64_t>(delivered_.size()); }

 private:
  using Name = collectives::MessageName;
  enum class Kind { kHead, kRead, kDelivered, kLocalDone, kTimer, kSent };
  struct Event {
    int64_t time_ps = 0;
    uint64_t order = 0;
    Kind kind = Kind::kHead;
    Name name;  // of a message; otherwise its destination is the endpoint
    int64_t size = 0;
    uint32_t cookie = 0;
    friend bool operator>(const Event& a, const Event& b) {
      return std::tie(a.time_ps, a.order) > std::tie(b.time_ps, b.order);
    }
  };

  struct Port;

  void Send(Port& port, const fabric::SendRequest& request);
  void TellSent(const Port& port, const fabric::SendRequest& request, int64_t time_ps);
  void Multicast(Port& port, const fabric::MulticastRequest& request);
  void ReduceRead(Port& port, const fabric::ReduceReadRequest& request, uint32_t cookie);
  void AnswerAll(const Event& read);
  std::optional<SimTime> Ask(const Name& name, uint32_t cookie);
  void Local(Port& port, int64_t traffic, uint32_t cookie);
  void Handle(const Event& event);
  int64_t RandomDelay();
  void Push(int64_t time_ps, Kind kind, const Name& name, int64_t size, uint32_t cookie);

  Options options_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  absl::flat_hash_set<Name> sent_;
  absl::flat_hash_set<Name> asked_;
  absl::flat_hash_map<Name, SimTime> delivered_;
  absl::flat_hash_map<Name, uint32_t> waiting_;
  int64_t now_ps_ = 0;
  uint64_t order_ = 0;
  uint64_t draws_ = 0;
};

}  // namespace upfabric::testing

#endif  // UPFABRIC_TESTS_TESTING_FAKE_MESSAGE_PORT_H_
