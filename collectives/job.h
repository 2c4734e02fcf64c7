// One row of a sweep in one process: the ranks it owns, run as clients of their message ports.
//
// Every process of a run makes the same Job from the same JobSpec; each gets clients only for the
// endpoints that it owns.

#ifndef UPFABRIC_COLLECTIVES_JOB_H_
#define UPFABRIC_COLLECTIVES_JOB_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm.h"
#include "collectives/collective.h"
#include "collectives/executor.h"
#include "collectives/instruction_log.h"
#include "collectives/payload_transport.h"

namespace upfabric::collectives {

enum class PayloadMode { kFull, kSampled, kNone };

// What `auto` means: full while all buffers of all ranks, scratch included, take at most this much,
// else sampled. Sampled ones take about kSampledBytes, more only where every granule is so small
// that its first and last element are all of it.
inline constexpr Bytes kFullPayloadMax{int64_t{1} << 30};
inline constexpr Bytes kSampledBytes{int64_t{48} << 20};  // chosen
PayloadMode ResolvePayload(const CollectiveRequest& request, const Algorithm& algorithm);

struct JobSpec {
  CollectiveRequest request = {};
  const Algorithm* algorithm = nullptr;
  std::vector<EndpointId> endpoints = {};  // by rank, all different
  PayloadMode payload = PayloadMode::kFull;
  int iterations = 1;  // timed, queued back to back on each rank without a barrier
  int warmup = 0;      // before them, untimed
  bool check = true;   // compare with the reference; needs a payload
  uint64_t seed = 0;
  std::vector<Picoseconds> starts = {};  // by rank, when it starts; empty: all at 0
  int sends_apart = 1;                   // see FabricView
  int slots = 0;                         // see ExecutorSpec
  int64_t sequence_base = 0;             // see ExecutorSpec
  int group = 0;
  bool log = false;           // keep logs of the last iteration
  Picoseconds overhead = {};  // of a software profile, see ExecutorSpec
  Ratio stretch = Ratio(1);
};

// What one rank did, in virtual time.
struct RankTimes {
  int rank = 0;
  SimTime timed_start;  // end of its warm-up
  SimTime end;
};

class Job {
 public:
  virtual ~Job() = default;

  // Sequence numbers that a job of the spec takes. Requires: the algorithm can serve the request.
  static int64_t SequencesOf(const JobSpec& spec);

  // Returns kInvalidArgument when the algorithm cannot serve the request, or the iterations need
  // more tags than there are. Allocates the owned ranks' buffers.
  static absl::StatusOr<std::unique_ptr<Job>> Create(const JobSpec& spec,
                                                     const std::function<bool(EndpointId)>& owns,
                                                     PayloadTransport& transport);

  // What to attach to the fabric before the run, by rank; several jobs that share endpoints through
  // JoinTasks (endpoint_tasks.h).
  virtual std::vector<std::pair<EndpointId, RankExecutor*>> Clients() = 0;

  // Groups that the fabric must know before the run (Fabric::SetGroups), the first of them with the
  // spec's number; empty if the algorithm names none. The same in all processes.
  virtual std::vector<std::vector<EndpointId>> Groups() const = 0;

  // Whether every owned rank has finished.
  virtual bool finished() const = 0;
  // Times of the owned ranks. Requires: finished().
  virtual std::vector<RankTimes> Times() const = 0;
  // Elements of the owned ranks' results that differ from the reference, -1 if nothing was to be
  // checked. Requires: finished().
  virtual int64_t CountWrong() const = 0;
  // Hash over the owned ranks' results, 0 without payload; combined over ranks in any order by
  // addition. Requires: finished().
  virtual uint64_t PayloadHash() const = 0;
  // Logs of the owned ranks, by rank; empty unless the spec asks for them. Requires: finished().
  virtual std::vector<std::pair<int, const RankLog*>> Logs() const = 0;
  // One line for each owned rank that waits: rank, and for each of its streams that waits the
  // instruction and for what.
  virtual std::vector<std::string> Autopsy() const = 0;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_JOB_H_
