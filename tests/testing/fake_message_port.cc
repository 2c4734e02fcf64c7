#include "tests/testing/fake_message_port.h"

#include <algorithm>
#include <utility>

#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"

namespace upfabric::testing {

struct FakeFabric::Port final : fabric::MessagePort {
  Port(FakeFabric& owner, EndpointId own) : fabric(owner), id(own) {}

  void PostSend(const fabric::SendRequest& request) override { fabric.Send(*this, request); }
  std::optional<SimTime> PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) override {
    return fabric.Ask({source, id, tag}, cookie);
  }
  void PostMulticast(const fabric::MulticastRequest& request) override {
    fabric.Multicast(*this, request);
  }
  void PostReduceRead(const fabric::ReduceReadRequest& request, uint32_t cookie) override {
    fabric.ReduceRead(*this, request, cookie);
  }
  void PostLocal(Bytes traffic, uint32_t cookie) override {
    fabric.Local(*this, traffic.count(), cookie);
  }
  void PostTimer(Picoseconds delay, uint32_t cookie) override {
    fabric.Push(fabric.now_ps_ + delay.count(), Kind::kTimer, {id, id, 0}, 0, cookie);
  }

  FakeFabric& fabric;
  EndpointId id;
  fabric::MessagePortClient* client = nullptr;
  int64_t sent_bytes = 0;
  int64_t local_bytes = 0;
  int64_t link_out_free_ps = 0;
  int64_t link_in_free_ps = 0;
  int64_t memory_free_ps = 0;
  std::queue<int64_t> leave_ps;  // rated: of each send that has not left
  int64_t waiting_max = 0;
};

FakeFabric::FakeFabric(int endpoints, Options options) : options_(std::move(options)) {
  for (int i = 0; i < endpoints; ++i) {
    ports_.push_back(std::make_unique<Port>(*this, EndpointId(i)));
  }
}

FakeFabric::~FakeFabric() = default;

void FakeFabric::Attach(EndpointId endpoint, fabric::MessagePortClient* client) {
  ports_[endpoint.index()]->client = client;
}

void FakeFabric::Run() {
  for (const auto& port : ports_) {
    if (port->client != nullptr) {
      port->client->OnStart(*port);
    }
  }
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    now_ps_ = event.time_ps;
    Handle(event);
  }
}

int64_t FakeFabric::sent_bytes(EndpointId endpoint) const {
  return ports_[endpoint.index()]->sent_bytes;
}

int64_t FakeFabric::local_bytes(EndpointId endpoint) const {
  return ports_[endpoint.index()]->local_bytes;
}

int64_t FakeFabric::waiting_max(EndpointId endpoint) const {
  return ports_[endpoint.index()]->waiting_max;
}

void FakeFabric::Send(Port& port, const fabric::SendRequest& request) {
  const Name name{port.id, request.destination, request.tag};
  const int64_t size = request.size.count();
  UPF_CHECK(port.id != request.destination && sent_.insert(name).second);
  port.sent_bytes += size;
  if (options_.loses && options_.loses(name)) {
    return;
  }
  if (!options_.rated) {
    TellSent(port, request, now_ps_ + 1);
    return Push(now_ps_ + RandomDelay(), Kind::kDelivered, name, size, 0);
  }
  const int64_t start_ps = std::max(now_ps_, port.link_out_free_ps);
  port.link_out_free_ps = start_ps + size * options_.figures.link_ps_per_byte;
  while (!port.leave_ps.empty() && port.leave_ps.front() <= now_ps_) {
    port.leave_ps.pop();
  }
  port.leave_ps.push(port.link_out_free_ps);
  port.waiting_max = std::max(port.waiting_max, static_cast<int64_t>(port.leave_ps.size()));
  TellSent(port, request, port.link_out_free_ps);
  Push(start_ps + options_.figures.latency_ps, Kind::kHead, name, size, 0);
}

void FakeFabric::TellSent(const Port& port, const fabric::SendRequest& request, int64_t time_ps) {
  if (request.tell_when_sent) {
    Push(time_ps, Kind::kSent, {port.id, port.id, 0}, 0, request.cookie);
  }
}

void FakeFabric::Multicast(Port& port, const fabric::MulticastRequest& request) {
  const int64_t size = request.size.count();
  port.sent_bytes += size;
  const int64_t start_ps = std::max(now_ps_, port.link_out_free_ps);
  port.link_out_free_ps = start_ps + size * options_.figures.link_ps_per_byte;
  for (const auto& member : ports_) {
    const Name name{port.id, member->id, request.tag};
    UPF_CHECK(sent_.insert(name).second);
    if (options_.loses && options_.loses(name)) {
      continue;
    }
    if (options_.rated) {
      Push(start_ps + options_.figures.latency_ps, Kind::kHead, name, size, 0);
    } else {
      Push(now_ps_ + RandomDelay(), Kind::kDelivered, name, size, 0);
    }
  }
}

void FakeFabric::ReduceRead(Port& port, const fabric::ReduceReadRequest& request, uint32_t cookie) {
  const Name name{port.id, port.id, request.tag};
  UPF_CHECK(sent_.insert(name).second);
  UPF_CHECK(!Ask(name, cookie));
  const int64_t size = request.size.count();
  for (const auto& member : ports_) {
    member->sent_bytes += size;
  }
  if (options_.loses && options_.loses(name)) {
    return;
  }
  if (options_.rated) {
    Push(now_ps_ + options_.figures.latency_ps, Kind::kRead, name, size, 0);
  } else {
    Push(now_ps_ + RandomDelay(), Kind::kDelivered, name, size, 0);
  }
}

// The result follows the last member's answer.
void FakeFabric::AnswerAll(const Event& read) {
  int64_t last_start_ps = 0;
  for (const auto& member : ports_) {
    const int64_t start_ps = std::max(now_ps_, member->link_out_free_ps);
    member->link_out_free_ps = start_ps + read.size * options_.figures.link_ps_per_byte;
    last_start_ps = std::max(last_start_ps, start_ps);
  }
  Push(last_start_ps + options_.figures.latency_ps, Kind::kHead, read.name, read.size, 0);
}

std::optional<SimTime> FakeFabric::Ask(const Name& name, uint32_t cookie) {
  UPF_CHECK(asked_.insert(name).second);
  if (const auto found = delivered_.find(name); found != delivered_.end()) {
    const SimTime delivered = found->second;
    delivered_.erase(found);
    return delivered;
  }
  waiting_[name] = cookie;
  return std::nullopt;
}

void FakeFabric::Local(Port& port, int64_t traffic, uint32_t cookie) {
  UPF_CHECK(traffic > 0);
  port.local_bytes += traffic;
  int64_t end_ps = now_ps_ + RandomDelay();
  if (options_.rated) {
    const int64_t per_ps = options_.figures.memory_bytes_per_ps;
    port.memory_free_ps = std::max(now_ps_, port.memory_free_ps) + (traffic + per_ps - 1) / per_ps;
    end_ps = port.memory_free_ps + options_.figures.local_latency_ps;
  }
  Push(end_ps, Kind::kLocalDone, {port.id, port.id, 0}, 0, cookie);
}

void FakeFabric::Handle(const Event& event) {
  Port& port = *ports_[event.name.destination.index()];
  const SimTime now{Picoseconds(now_ps_)};
  switch (event.kind) {
    case Kind::kHead:
      port.link_in_free_ps =
          std::max(now_ps_, port.link_in_free_ps) + event.size * options_.figures.link_ps_per_byte;
      return Push(port.link_in_free_ps, Kind::kDelivered, event.name, 0, 0);
    case Kind::kRead:
      return AnswerAll(event);
    case Kind::kDelivered:
      if (const auto waits = waiting_.find(event.name); waits != waiting_.end()) {
        const uint32_t cookie = waits->second;
        waiting_.erase(waits);
        return port.client->OnReceived(now, cookie);
      }
      delivered_.emplace(event.name, SimTime(Picoseconds(now_ps_)));
      return;
    case Kind::kLocalDone:
      return port.client->OnLocalDone(now, event.cookie);
    case Kind::kTimer:
      return port.client->OnTimer(now, event.cookie);
    case Kind::kSent:
      return port.client->OnSent(now, event.cookie);
  }
}

int64_t FakeFabric::RandomDelay() {
  const uint64_t draw = Mix(options_.seed + ++draws_ * 0x9e3779b97f4a7c15);
  return 1 + static_cast<int64_t>(draw % static_cast<uint64_t>(options_.delay_ps_max));
}

void FakeFabric::Push(int64_t time_ps, Kind kind, const Name& name, int64_t size, uint32_t cookie) {
  events_.push({time_ps, ++order_, kind, name, size, cookie});
}

}  // namespace upfabric::testing
