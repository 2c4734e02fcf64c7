// A collective with payload on the real fabric, in one or several partitions of one process.

#ifndef UPFABRIC_TESTS_TESTING_JOB_ON_FABRIC_H_
#define UPFABRIC_TESTS_TESTING_JOB_ON_FABRIC_H_

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "collectives/algorithm_registry.h"
#include "collectives/job.h"
#include "collectives/local_payload_transport.h"
#include "collectives/lower_bound.h"
#include "fabric/api/fabric.h"
#include "tests/testing/lockstep_exchange.h"
#include "tests/testing/traffic_case.h"

namespace upfabric::collectives {

// One transport for partitions on several threads.
class SharedTransport final : public PayloadTransport {
 public:
  void Send(const MessageName& name, std::vector<std::byte> bytes) override {
    const std::lock_guard lock(mutex_);
    transport_.Send(name, std::move(bytes));
  }
  std::vector<std::byte> Take(const MessageName& name) override {
    const std::lock_guard lock(mutex_);
    return transport_.Take(name);
  }
  int64_t held_count() const { return transport_.held_count(); }

 private:
  std::mutex mutex_;
  LocalPayloadTransport transport_;
};

// What a job gave, or one partition's share of it.
struct JobOutcome {
  bool finished = true;        // every rank has
  bool hung = false;           // stopped by BoundedExchange
  std::map<int, SimTime> end;  // by rank, of those that have finished
  SimTime last_end;
  int64_t wrong = 0;
  int64_t held = 0;  // payloads that nobody took
  uint64_t hash = 0;
  std::map<int, uint64_t> deliveries;  // hashes, by endpoint
  std::map<int, int64_t> sent;         // payload bytes, by endpoint
  std::map<int, int64_t> received;     // likewise
  int64_t replays = 0;
  std::vector<std::string> autopsy;
};

// One partition of the fabric with its share of the job.
class JobPartition {
 public:
  // The spec, the job and the faults must be valid.
  JobPartition(const fabric::FabricSpec& spec, const JobSpec& job,
               const fabric::FabricOptions& options, const fabric::FaultSchedule& faults)
      : fabric_(*fabric::Fabric::Create(spec, options)), job_spec_(job) {
    UPF_CHECK(fabric_->SetFaults(faults).ok());
  }

  const fabric::Fabric& fabric() const { return *fabric_; }

  void Run(fabric::sim::WindowExchange& exchange, PayloadTransport& transport) {
    job_ = *Job::Create(
        job_spec_, [this](EndpointId endpoint) { return fabric_->Owns(endpoint); }, transport);
    if (!job_->Groups().empty()) {
      UPF_CHECK(fabric_->SetGroups(job_->Groups()).ok());
    }
    for (const auto& [endpoint, client] : job_->Clients()) {
      fabric_->Attach(endpoint, client);
    }
    fabric::testing::BoundedExchange bounded(exchange);
    hung_ = fabric_->RunRow(bounded).code() == absl::StatusCode::kDeadlineExceeded;
  }

  // Requires: it has run.
  void AddTo(JobOutcome& outcome) const {
    outcome.hung |= hung_;
    outcome.finished &= job_->finished();
    for (const auto& [endpoint, hash] : fabric_->DeliveryHashes()) {
      outcome.deliveries[endpoint.value()] = hash;
    }
    for (const fabric::ChannelCounters& channel : fabric_->Counters()) {
      (channel.to_switch ? outcome.sent : outcome.received)[channel.endpoint] +=
          channel.payload_bytes;
      outcome.replays += channel.replays;
    }
    for (std::string& line : job_->Autopsy()) {
      outcome.autopsy.push_back(std::move(line));
    }
    std::sort(outcome.autopsy.begin(), outcome.autopsy.end());
    if (!job_->finished()) {
      return;
    }
    for (const RankTimes& times : job_->Times()) {
      outcome.end[times.rank] = times.end;
      outcome.last_end = std::max(outcome.last_end, times.end);
    }
    outcome.wrong += job_->CountWrong();
    outcome.hash += job_->PayloadHash();
  }

 private:
  std::unique_ptr<fabric::Fabric> fabric_;
  JobSpec job_spec_;
  std::unique_ptr<Job> job_;
  bool hung_ = false;
};

inline JobOutcome RunJobOnFabric(const fabric::FabricSpec& spec, const JobSpec& job,
                                 fabric::FabricOptions options = {}, int partitions = 1,
                                 const fabric::FaultSchedule& faults = {}) {
  SharedTransport transport;
  std::vector<std::unique_ptr<JobPartition>> parts;
  for (int p = 0; p < partitions; ++p) {
    options.partition = p;
    options.partitions = partitions;
    parts.push_back(std::make_unique<JobPartition>(spec, job, options, faults));
  }
  fabric::testing::RunInLockstep(partitions, [&](int p, fabric::sim::WindowExchange& exchange) {
    parts[static_cast<size_t>(p)]->Run(exchange, transport);
  });
  JobOutcome outcome;
  for (const auto& part : parts) {
    part->AddTo(outcome);
  }
  outcome.held = transport.held_count();
  return outcome;
}

// What no run of the job on the fabric can beat.
inline LowerBound BoundOf(const fabric::FabricSpec& spec, const JobSpec& job) {
  BoundFigures figures;
  figures.link_bits_per_second = spec.link.data_rate().bits_per_second();
  const auto fabric = *fabric::Fabric::Create(spec, {});
  figures.links = fabric->view().links_per_endpoint();
  for (const fabric::PathElement& element : fabric->view().ShortestPath()) {
    figures.path_latency += element.latency;
  }
  figures.local_latency = spec.endpoint.local_latency;
  return ComputeLowerBound(figures, *job.algorithm, job.request, job.iterations + job.warmup);
}

// A random collective on a random fabric, for every second seed with random faults.
struct JobCase {
  fabric::FabricSpec spec;
  JobSpec job;
  fabric::FaultSchedule faults;
  fabric::FabricOptions options;
};

// Any algorithm that serves it, on any of the endpoints in any order.
inline JobSpec RandomJob(const fabric::FabricSpec& spec, const AlgorithmRegistry& registry,
                         fabric::testing::Draws& draws) {
  std::vector<const Algorithm*> algorithms = registry.All();
  std::erase_if(algorithms, [&](const Algorithm* algorithm) {
    return algorithm->info().limits.needs_in_switch && !spec.switch_chip.in_switch.has_value();
  });
  JobSpec job{.payload = draws.Between(0, 9) == 0 ? PayloadMode::kSampled : PayloadMode::kFull,
              .iterations = static_cast<int>(draws.Between(1, 2)),
              .warmup = static_cast<int>(draws.Between(0, 1))};
  do {
    job.algorithm = algorithms[static_cast<size_t>(
        draws.Between(0, static_cast<int64_t>(algorithms.size()) - 1))];
    job.request.collective = job.algorithm->info().collective;
    job.request.type = static_cast<DataType>(draws.Between(0, 11));
    job.request.op = static_cast<ReduceOp>(draws.Between(0, 4));
    job.request.ranks = static_cast<int>(draws.Between(1, spec.endpoints));
    job.request.count = draws.Between(0, 1) * draws.Between(0, 12'000) + draws.Between(0, 20);
    job.request.in_place = draws.Between(0, 2) == 0;
    job.request.root = HasRoot(job.request.collective)
                           ? static_cast<int>(draws.Between(0, job.request.ranks - 1))
                           : -1;
  } while (!CheckRequest(*job.algorithm, job.request).ok());
  std::vector<EndpointId> all;
  for (int e = 0; e < spec.endpoints; ++e) {
    all.emplace_back(e);
  }
  for (int rank = 0; rank < job.request.ranks; ++rank) {
    const auto pick = all.begin() + draws.Between(0, static_cast<int64_t>(all.size()) - 1);
    job.endpoints.push_back(*pick);
    all.erase(pick);
  }
  return job;
}

inline JobCase RandomJobCase(uint64_t seed, const AlgorithmRegistry& registry) {
  fabric::testing::Draws draws(seed ^ 0x6a6f6273);
  JobCase made;
  made.spec = fabric::testing::RandomFabricOfAnyRate(draws);
  made.job = RandomJob(made.spec, registry, draws);
  made.job.seed = seed;
  made.faults = fabric::testing::RandomFaultsFor(seed, made.spec, draws);
  made.options.seed = seed;
  return made;
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_TESTS_TESTING_JOB_ON_FABRIC_H_
