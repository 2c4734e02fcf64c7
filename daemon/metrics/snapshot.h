// What a scrape shows: the counters of one daemon, all taken at the same window.

#ifndef UPFABRIC_DAEMON_METRICS_SNAPSHOT_H_
#define UPFABRIC_DAEMON_METRICS_SNAPSHOT_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"
#include "fabric/base/units.h"

namespace upfabric::daemon {

// Bounds of the collective time histogram: powers of two from 250 ns to 250 ns x 2^22, about 1 s.
inline constexpr int kTimeBuckets = 23;
constexpr Picoseconds TimeBucketBound(int bucket) {
  return Picoseconds(250'000) * (int64_t{1} << bucket);
}

// Rows of one collective.
struct CollectiveTimes {
  std::array<uint64_t, kTimeBuckets + 1>
      buckets{};  // not cumulative; the last is beyond all bounds
  Picoseconds sum;
  double bus_bytes_per_second = 0;  // of the last row

  void Observe(Picoseconds time);
};

struct RunInfo {
  std::string run;
  std::string fabric;
  std::string collective;
  std::string algorithm;
  uint64_t seed = 0;
};

struct Snapshot {
  RunInfo run;  // run.run is empty when there was none yet
  bool active = false;
  Picoseconds virtual_time;
  int64_t hops = 0;
  int64_t windows = 0;
  int64_t faults = 0;
  double exchange_wait_seconds = 0;
  std::vector<fabric::ChannelCounters> channels;
  // By (collective, algorithm); ordered, so that the exposition is.
  std::map<std::pair<std::string, std::string>, int64_t> operations;
  std::map<std::string, CollectiveTimes> times;  // by collective
  int64_t wrong_elements = 0;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_SNAPSHOT_H_
