#include "collectives/job.h"

#include <algorithm>
#include <array>
#include <set>

#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "collectives/values.h"
#include "collectives/verify.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"

namespace upfabric::collectives {

namespace {

// Layouts by partition: most ranks share theirs.
class LayoutTable {
 public:
  explicit LayoutTable(int64_t step) : step_(step) {}

  const SampledLayout* Get(const Partition& partition) {
    for (const auto& [known, layout] : layouts_) {
      if (known == partition) {
        return layout.get();
      }
    }
    layouts_.emplace_back(partition, std::make_unique<SampledLayout>(partition, step_));
    return layouts_.back().second.get();
  }

 private:
  int64_t step_;
  std::vector<std::pair<Partition, std::unique_ptr<SampledLayout>>> layouts_;
};

int64_t SamplingStep(const JobSpec& spec) {
  if (spec.payload == PayloadMode::kFull) {
    return 1;
  }
  const int64_t bytes = BufferBytes(*spec.algorithm, spec.request).count();
  // Never 1: a sampled job takes the same path whatever its size.
  return std::max<int64_t>(2, (bytes + kSampledBytes.count() - 1) / kSampledBytes.count());
}

absl::Status CheckSpec(const JobSpec& spec) {
  const auto refuse = [](const auto&... reason) {
    return absl::InvalidArgumentError(absl::StrCat(reason...));
  };
  if (spec.algorithm == nullptr) {
    return refuse("no algorithm given");
  }
  if (const absl::Status served = CheckRequest(*spec.algorithm, spec.request); !served.ok()) {
    return refuse(served.message());
  }
  if (spec.endpoints.size() != static_cast<size_t>(spec.request.ranks)) {
    return refuse(spec.endpoints.size(), " endpoints for ", spec.request.ranks, " ranks");
  }
  const std::set<EndpointId> different(spec.endpoints.begin(), spec.endpoints.end());
  if (different.size() != spec.endpoints.size()) {
    return refuse("an endpoint is given to two ranks");
  }
  if (!spec.starts.empty() && spec.starts.size() != spec.endpoints.size()) {
    return refuse(spec.starts.size(), " starts for ", spec.request.ranks, " ranks");
  }
  if (spec.iterations < 1 || spec.warmup < 0) {
    return refuse("iterations is ", spec.iterations, " and warmup ", spec.warmup,
                  "; allowed: from 1 and from 0");
  }
  const int64_t sequences = spec.algorithm->MakeProgram(spec.request, 0)->sequences();
  const int64_t iterations_max = ((int64_t{1} << kSequenceBits) - spec.sequence_base) / sequences;
  if (int64_t{spec.iterations} + spec.warmup > iterations_max) {
    return refuse("iterations and warmup are ", int64_t{spec.iterations} + spec.warmup,
                  " together; allowed for this algorithm and size: ", iterations_max);
  }
  return absl::OkStatus();
}

class JobImpl final : public Job {
 public:
  JobImpl(const JobSpec& spec, const std::function<bool(EndpointId)>& owns,
          PayloadTransport& transport)
      : spec_(spec), values_(spec.request, spec.seed), layouts_(SamplingStep(spec)) {
    for (int rank = 0; rank < spec_.request.ranks; ++rank) {
      if (owns(spec_.endpoints[static_cast<size_t>(rank)])) {
        AddRank(rank, transport);
      }
    }
  }

  std::vector<std::pair<EndpointId, RankExecutor*>> Clients() override {
    std::vector<std::pair<EndpointId, RankExecutor*>> clients;
    for (const auto& executor : executors_) {
      clients.emplace_back(spec_.endpoints[static_cast<size_t>(executor->rank())], executor.get());
    }
    return clients;
  }

  std::vector<std::vector<EndpointId>> Groups() const override {
    if (!spec_.algorithm->info().limits.needs_in_switch || spec_.request.ranks == 1) {
      return {};
    }
    return {spec_.endpoints};
  }

  bool finished() const override {
    return std::all_of(executors_.begin(), executors_.end(),
                       [](const auto& executor) { return executor->finished(); });
  }

  std::vector<RankTimes> Times() const override {
    UPF_CHECK(finished());
    std::vector<RankTimes> times;
    for (const auto& executor : executors_) {
      times.push_back({executor->rank(), executor->timed_start(), executor->end()});
    }
    return times;
  }

  int64_t CountWrong() const override {
    UPF_CHECK(finished());
    if (!spec_.check || spec_.payload == PayloadMode::kNone) {
      return -1;
    }
    std::vector<const RankPayload*> payloads;
    for (const auto& executor : executors_) {
      payloads.push_back(executor->payload());
    }
    return CountWrongElements(spec_.request, values_, payloads);
  }

  uint64_t PayloadHash() const override {
    UPF_CHECK(finished());
    uint64_t sum = 0;
    for (const auto& executor : executors_) {
      if (const RankPayload* payload = executor->payload(); payload != nullptr) {
        const auto output = payload->output();
        sum += XXH3_64bits_withSeed(output.data(), output.size(),
                                    static_cast<uint64_t>(executor->rank()));
      }
    }
    return sum;
  }

  std::vector<std::pair<int, const RankLog*>> Logs() const override {
    std::vector<std::pair<int, const RankLog*>> logs;
    for (const auto& executor : executors_) {
      if (spec_.log) {
        logs.emplace_back(executor->rank(), &executor->log());
      }
    }
    return logs;
  }

  std::vector<std::string> Autopsy() const override {
    std::vector<std::string> lines;
    for (const auto& executor : executors_) {
      if (!executor->finished()) {
        lines.push_back(executor->Autopsy());
      }
    }
    return lines;
  }

 private:
  void AddRank(int rank, PayloadTransport& transport) {
    ExecutorSpec executor{
        .rank = rank,
        .endpoints = &spec_.endpoints,
        .element = ElementSize(spec_.request.type),
        .program = spec_.algorithm->MakeProgram(spec_.request, rank),
        .warmup = spec_.warmup,
        .iterations = spec_.iterations,
        .start = spec_.starts.empty() ? Picoseconds() : spec_.starts[static_cast<size_t>(rank)],
        .overhead = spec_.overhead,
        .stretch = spec_.stretch,
        .sequence_base = static_cast<uint32_t>(spec_.sequence_base),
        .group = spec_.group,
        .slots = spec_.slots,
        .sends_apart = spec_.sends_apart,
        .log = spec_.log};
    if (spec_.payload != PayloadMode::kNone) {
      const BufferLayouts layouts{
          layouts_.Get(executor.program->partition(Buffer::kInput)),
          layouts_.Get(executor.program->partition(Buffer::kOutput)),
          layouts_.Get(executor.program->partition(Buffer::kScratch)),
      };
      executor.payload = std::make_unique<RankPayload>(spec_.request, rank, layouts, values_);
      executor.transport = &transport;
    }
    executors_.push_back(std::make_unique<RankExecutor>(std::move(executor)));
  }

  JobSpec spec_;
  Values values_;
  LayoutTable layouts_;
  std::vector<std::unique_ptr<RankExecutor>> executors_;
};

}  // namespace

PayloadMode ResolvePayload(const CollectiveRequest& request, const Algorithm& algorithm) {
  return BufferBytes(algorithm, request) <= kFullPayloadMax ? PayloadMode::kFull
                                                            : PayloadMode::kSampled;
}

int64_t Job::SequencesOf(const JobSpec& spec) {
  return spec.algorithm->MakeProgram(spec.request, 0)->sequences() *
         (int64_t{spec.iterations} + spec.warmup);
}

absl::StatusOr<std::unique_ptr<Job>> Job::Create(const JobSpec& spec,
                                                 const std::function<bool(EndpointId)>& owns,
                                                 PayloadTransport& transport) {
  UPF_RETURN_IF_ERROR(CheckSpec(spec));
  return std::unique_ptr<Job>(std::make_unique<JobImpl>(spec, owns, transport));
}

}  // namespace upfabric::collectives
