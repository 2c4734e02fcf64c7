// A snapshot as Prometheus text.

#ifndef UPFABRIC_DAEMON_METRICS_EXPORTER_H_
#define UPFABRIC_DAEMON_METRICS_EXPORTER_H_

#include <cstddef>
#include <string>

#include "daemon/metrics/snapshot.h"

namespace upfabric::daemon {

// Most series of a daemon's channels; above it the labels coarsen (channel_groups.h).
inline constexpr size_t kChannelSeriesMax = 20'000;

// The exposition, version 0.0.4: every family of the catalog that has a series, in its order.
std::string ExpositionText(const Snapshot& snapshot, size_t channel_series_max = kChannelSeriesMax);

// The catalog as the table of docs/metrics.md.
std::string CatalogTable();

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_EXPORTER_H_
