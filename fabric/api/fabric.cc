#include "fabric/api/fabric.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/api/fabric_faults.h"
#include "fabric/api/fabric_parts.h"
#include "fabric/api/fabric_times.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/sim/engine.h"
#include "fabric/topo/deadlock_check.h"
#include "fabric/topo/layout.h"
#include "fabric/topo/network_view.h"

namespace upfabric::fabric {
namespace {

using sim::Ticks;

class FabricImpl final : public Fabric {
 public:
  FabricImpl(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
             std::unique_ptr<FabricTimes> times)
      : spec_(spec),
        options_(options),
        layout_(layout),
        times_(std::move(times)),
        view_(spec_, layout_, LinkTimings()),
        engine_(FabricParts::CountOf(layout_, options_), options.partitions),
        parts_(spec_, options_, layout_, *times_, engine_) {}

  const FabricView& view() const override { return view_; }
  bool Owns(EndpointId endpoint) const override { return OwnerOf(endpoint) == options_.partition; }
  int OwnerOf(EndpointId endpoint) const override { return layout_.OwnerOfEndpoint(endpoint); }
  Picoseconds Window() const override {
    return times_->clock().ToPicoseconds(times_->window().ticks);
  }
  std::string WindowLimit() const override { return times_->window().name; }
  std::optional<ClusterInfo> Clusters() const override;
  absl::Status SetGroups(GroupTable groups) override;
  void Attach(EndpointId endpoint, MessagePortClient* client) override;
  absl::Status SetFaults(const FaultSchedule& schedule) override;
  absl::Status RunRow(sim::WindowExchange& exchange) override;
  std::vector<std::string> Blocked() const override { return running_ ? FindBlocked() : blocked_; }
  std::vector<std::pair<EndpointId, uint64_t>> DeliveryHashes() const override { return hashes_; }
  std::vector<ChannelCounters> Counters() const override;
  FabricTotals Totals() const override;
  SimTime Now() const override { return TimeOf(engine_.now()); }
  SimTime TimeOf(Ticks ticks) const override {
    return SimTime(times_->clock().ToPicoseconds(ticks));
  }
  int64_t MemoryBytes() const override {
    return engine_.MemoryBytes() + static_cast<int64_t>(sizeof(FabricImpl));
  }

 private:
  std::vector<LinkTiming> LinkTimings() const {
    std::vector<LinkTiming> timings;
    for (size_t kind = 0; kind <= spec_.more_links.size(); ++kind) {
      timings.push_back(times_->timing(static_cast<int>(kind)));
    }
    return timings;
  }
  void WakeWaiting();
  void CheckConservation() const;
  absl::Status RowStatus() const;
  std::vector<std::string> FindBlocked() const;

  FabricSpec spec_;
  FabricOptions options_;
  Layout layout_;
  std::unique_ptr<FabricTimes> times_;
  NetworkView view_;
  sim::Engine engine_;
  FabricParts parts_;
  std::vector<std::pair<EndpointId, uint64_t>> hashes_;
  std::vector<std::string> blocked_;
  int64_t faults_happened_ = 0;  // in the rows before
  bool running_ = false;
  bool routes_move_ = false;  // links or planes go down or up in the schedule
};

std::optional<ClusterInfo> FabricImpl::Clusters() const {
  if (!times_->cluster_window().has_value()) {
    return std::nullopt;
  }
  const FabricTimes::Delay& inner = *times_->cluster_window();
  ClusterInfo info;
  info.clusters = static_cast<int>(layout_.planes().size());
  info.window = times_->clock().ToPicoseconds(inner.ticks);
  info.limit = inner.name;
  return info;
}

absl::Status FabricImpl::SetGroups(GroupTable groups) {
  if (times_->reduction() == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(spec_.id, ": the switches neither copy nor reduce packets"));
  }
  if (!groups.empty() && routes_move_) {
    return RefuseRoutesWithGroups();
  }
  const auto groups_max = static_cast<size_t>(spec_.switch_chip.in_switch->groups);
  if (groups.size() > groups_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(groups.size(), " groups; the switches have ", groups_max));
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<EndpointId>& members = groups[i];
    std::sort(members.begin(), members.end());
    const bool twice = std::adjacent_find(members.begin(), members.end()) != members.end();
    if (members.empty() || twice || members.front().value() < 0 ||
        members.back().value() >= layout_.endpoints()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "group ", i, ": needs members, all different, from 0 to ", layout_.endpoints() - 1));
    }
  }
  times_->groups = std::move(groups);
  return absl::OkStatus();
}

void FabricImpl::Attach(EndpointId endpoint, MessagePortClient* client) {
  FabricParts::EndpointParts* parts = parts_.Owned(endpoint);
  UPF_CHECK(parts != nullptr);
  parts->endpoint->Attach(client);
  engine_.WakeAt(parts->component, 0);
}

absl::Status FabricImpl::SetFaults(const FaultSchedule& schedule) {
  if (!times_->groups.empty() && MovesRoutes(schedule)) {
    return RefuseRoutesWithGroups();
  }
  UPF_RETURN_IF_ERROR(CheckTrunksStayUp(schedule));
  if ((Scatters(spec_) || times_->transport() != nullptr) && MovesRoutes(schedule)) {
    return absl::UnimplementedError(
        "faults: links and planes that go down are not modelled where switches spray packets, "
        "route adaptively or drop");
  }
  UPF_ASSIGN_OR_RETURN(
      times_->faults,
      FaultTimeline::Create(schedule, FaultTargetsOf(spec_, layout_, times_->timing(0))));
  routes_move_ = MovesRoutes(schedule);
  if (running_ && !times_->faults.empty()) {
    WakeWaiting();
  }
  return absl::OkStatus();
}

// Who waits knows only the faults of the last schedule.
void FabricImpl::WakeWaiting() {
  const Ticks next = times_->faults.NextTime(engine_.now());
  for (const FabricParts::PortParts& parts : parts_.ports()) {
    if (parts.port->waiting()) {
      engine_.WakeAt(parts.component, next);
    }
  }
  for (const FabricParts::ChipParts& parts : parts_.chips()) {
    engine_.WakeAt(parts.component, next);
  }
}

absl::Status FabricImpl::RunRow(sim::WindowExchange& exchange) {
  sim::Engine::Shorten shorten;
  if (options_.random_window_seed != 0) {
    shorten = [this](int64_t index, Ticks longest) -> Ticks {
      const uint64_t draw = Chain(options_.random_window_seed, static_cast<uint64_t>(index));
      return 1 + static_cast<Ticks>(draw % static_cast<uint64_t>(longest));
    };
  }
  running_ = true;
  absl::Status status = engine_.Run(exchange, times_->window().ticks, shorten);
  running_ = false;
  hashes_.clear();
  for (const FabricParts::EndpointParts& parts : parts_.endpoints()) {
    hashes_.emplace_back(parts.id, parts.endpoint->delivery_hash());
  }
  std::sort(hashes_.begin(), hashes_.end());
  faults_happened_ += times_->faults.FaultsBefore(engine_.now());
  for (FabricParts::ChipParts& parts : parts_.chips()) {
    parts.part->PassFaults(sim::kNever);
  }
  for (FabricParts::PortParts& parts : parts_.ports()) {
    parts.port->PassFaults(sim::kNever);
  }
  blocked_ = FindBlocked();
  if (status.ok()) {
    CheckConservation();
    status = RowStatus();
  }
  for (FabricParts::ChipParts& parts : parts_.chips()) {
    parts.packets_stranded += parts.part->packets_held();
  }
  engine_.Reset();
  return status;
}

// A quiet fabric: what was sent has arrived, and all credits are home; but what waits for leaked
// credits keeps its place in a buffer.
void FabricImpl::CheckConservation() const {
  for (const FabricParts::Channel& channel : parts_.channels()) {
    CheckArrived(channel.sender->sent(), *channel.received);
    UPF_CHECK(!blocked_.empty() || channel.sender->credits_complete());
    UPF_CHECK(!blocked_.empty() || channel.port == nullptr || channel.port->sessions_complete());
  }
  for (const FabricParts::ChipParts& parts : parts_.chips()) {
    const SwitchChip& chip = *parts.part;
    int64_t in = 0;
    int64_t out = 0;
    for (int i = 0; i < chip.ports(); ++i) {
      in += chip.received(i).packets;
      out += chip.transmitter(i).sent().packets;
    }
    UPF_CHECK_OP(in + chip.packets_replicated() - chip.packets_reduced(), ==,
                 out + parts.packets_stranded + chip.packets_held() + chip.packets_dropped());
  }
}

std::vector<std::string> FabricImpl::FindBlocked() const {
  std::vector<std::string> blocked;
  for (const FabricParts::Channel& channel : parts_.channels()) {
    const bool waits = channel.port != nullptr ? channel.port->waiting()
                                               : channel.chip->waiting(channel.chip_port);
    if (waits) {
      const int64_t leaked = times_->WireBytes(channel.sender->credits_leaked());
      blocked.push_back(absl::StrCat(
          channel.name, times_->transport() != nullptr ? " waits for acks" : " waits for credits",
          leaked > 0 ? absl::StrCat("; ", leaked, " B of them have leaked") : ""));
    }
  }
  std::sort(blocked.begin(), blocked.end());
  return blocked;
}

// How a row that ran dry ended.
absl::Status FabricImpl::RowStatus() const {
  const FabricParts::EndpointParts* failed = nullptr;
  for (const FabricParts::EndpointParts& parts : parts_.endpoints()) {
    const MessageFailure& failure = parts.endpoint->failure();
    if (failure.destination >= 0 &&
        (failed == nullptr || std::pair(failure.time, parts.id) <
                                  std::pair(failed->endpoint->failure().time, failed->id))) {
      failed = &parts;
    }
  }
  if (failed != nullptr) {
    return NoLinkLeft(failed->endpoint->failure(), failed->id, times_->faults, layout_,
                      times_->clock());
  }
  return absl::OkStatus();
}

std::vector<ChannelCounters> FabricImpl::Counters() const {
  std::vector<ChannelCounters> all;
  for (const FabricParts::Channel& channel : parts_.channels()) {
    const SendCounters& sent = channel.sender->sent();
    ChannelCounters& counters = all.emplace_back();
    counters.name = channel.name;
    counters.endpoint = channel.endpoint;
    counters.plane = channel.plane;
    counters.link = channel.link;
    counters.to_switch = channel.from_endpoint;
    counters.to_peer = layout_.direct().has_value();
    counters.rate = times_->timing(channel.kind).rate();
    counters.packets = sent.packets;
    counters.payload_bytes = sent.payload_bytes;
    counters.wire_bytes = times_->WireBytes(sent.wire_units);
    counters.busy = times_->clock().ToPicoseconds(sent.busy);
    counters.credit_stall = times_->clock().ToPicoseconds(sent.credit_stall);
    counters.queue_packets_max = sent.queue_packets_max;
    counters.replays = sent.replays;
    counters.discarded_wire_bytes = times_->WireBytes(sent.discarded_units);
    counters.shares_returned = channel.port != nullptr ? channel.port->shares_returned() : 0;
    counters.leaked_wire_bytes = times_->WireBytes(sent.leaked_units);
    const EthernetCounters ethernet = channel.sender->ethernet();
    counters.congestion.marked_packets = ethernet.marked;
    counters.congestion.trimmed_packets = ethernet.trimmed;
    counters.congestion.dropped_packets = ethernet.dropped;
    counters.congestion.retransmitted_packets = ethernet.retransmitted;
    counters.congestion.paused = times_->clock().ToPicoseconds(channel.sender->paused());
    counters.up = times_->faults.empty() || times_->faults.LinkUp(channel.number, engine_.now());
  }
  return all;
}

FabricTotals FabricImpl::Totals() const {
  FabricTotals totals;
  for (const FabricParts::Channel& channel : parts_.channels()) {
    totals.hops += channel.sender->sent().packets - channel.sender->ethernet().control_packets;
    totals.records += channel.sender->sent().records;
  }
  for (const FabricParts::ChipParts& parts : parts_.chips()) {
    totals.packets_replicated += parts.part->packets_replicated();
    totals.packets_reduced += parts.part->packets_reduced();
  }
  for (const FabricParts::EndpointParts& parts : parts_.endpoints()) {
    totals.records += parts.endpoint->records_taken();
    totals.messages_posted += parts.endpoint->messages_posted();
    totals.messages_delivered += parts.endpoint->messages_delivered();
  }
  totals.records_crossed = engine_.totals().records_crossed;
  totals.windows = engine_.totals().windows;
  totals.faults = faults_happened_ + (running_ ? times_->faults.FaultsBefore(engine_.now()) : 0);
  return totals;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fabric>> Fabric::Create(const FabricSpec& spec,
                                                       const FabricOptions& options) {
  UPF_ASSIGN_OR_RETURN(const Layout layout, Layout::Create(spec, options.partitions));
  if (options.check_deadlock) {
    UPF_RETURN_IF_ERROR(CheckDeadlockFree(layout));
  }
  UPF_ASSIGN_OR_RETURN(std::unique_ptr<FabricTimes> times,
                       FabricTimes::Create(spec, options, layout));
  return std::make_unique<FabricImpl>(spec, options, layout, std::move(times));
}

}  // namespace upfabric::fabric
