// Every metric that a daemon exports: name, type, unit, help and labels. docs/metrics.md shows the
// same table; a test compares them.
//
// Times and bandwidths are virtual unless the help says otherwise. No series has a run label: it
// would grow without bound; upfabric_run_info tells which run the daemon works on.

#ifndef UPFABRIC_DAEMON_METRICS_CATALOG_H_
#define UPFABRIC_DAEMON_METRICS_CATALOG_H_

#include <string_view>

namespace upfabric::daemon {

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricInfo {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::string_view unit;    // "1" for plain numbers
  std::string_view labels;  // separated by commas; the channel labels may be coarsened away
  std::string_view help;    // one line without backslashes
};

namespace metrics {

inline constexpr std::string_view kChannelLabels = "endpoint,plane,link,direction";

inline constexpr MetricInfo kBuildInfo{"upfabric_build_info", MetricType::kGauge, "1", "version",
                                       "Version of this daemon; always 1."};
inline constexpr MetricInfo kRunInfo{"upfabric_run_info", MetricType::kGauge, "1",
                                     "run,fabric,collective,algorithm,seed",
                                     "The run that is active, or was last; always 1."};
inline constexpr MetricInfo kRunActive{"upfabric_run_active", MetricType::kGauge, "1", "",
                                       "1 while a run is active, 0 while the daemon is idle."};
inline constexpr MetricInfo kVirtualTime{
    "upfabric_virtual_time_seconds_total", MetricType::kCounter, "seconds", "",
    "Virtual time that has passed in the emulated fabric; the divisor of every virtual rate."};
inline constexpr MetricInfo kHops{"upfabric_hops_total", MetricType::kCounter, "1", "",
                                  "Data packets over channels in this daemon's share."};
inline constexpr MetricInfo kWindows{"upfabric_windows_total", MetricType::kCounter, "1", "",
                                     "Windows that the engine has run."};
inline constexpr MetricInfo kExchangeWait{
    "upfabric_exchange_wait_seconds_total", MetricType::kCounter, "seconds", "",
    "Wall time for which this daemon waited for others in exchanges."};
inline constexpr MetricInfo kTransmitBytes{
    "upfabric_channel_transmit_bytes_total", MetricType::kCounter, "bytes", kChannelLabels,
    "Bytes on the wire of a channel, headers and padding included."};
inline constexpr MetricInfo kPayloadBytes{"upfabric_channel_payload_bytes_total",
                                          MetricType::kCounter, "bytes", kChannelLabels,
                                          "Payload bytes over a channel."};
inline constexpr MetricInfo kPackets{"upfabric_channel_packets_total", MetricType::kCounter, "1",
                                     kChannelLabels, "Packets over a channel."};
inline constexpr MetricInfo kBusy{"upfabric_channel_busy_seconds_total", MetricType::kCounter,
                                  "seconds", kChannelLabels,
                                  "Virtual time for which a channel was sending."};
inline constexpr MetricInfo kCreditStall{
    "upfabric_channel_credit_stall_seconds_total", MetricType::kCounter, "seconds", kChannelLabels,
    "Virtual time for which a channel had a packet to send and no credit."};
inline constexpr MetricInfo kQueuePackets{
    "upfabric_channel_queue_packets_max", MetricType::kGauge, "1", kChannelLabels,
    "Most packets that waited for a channel at the same time."};
inline constexpr MetricInfo kLinkUp{"upfabric_channel_up", MetricType::kGauge, "1", kChannelLabels,
                                    "1 while the channel's link is up in the row that runs or ran "
                                    "last; 0 if one of several is down."};
inline constexpr MetricInfo kReplays{
    "upfabric_channel_replays_total", MetricType::kCounter, "1", kChannelLabels,
    "Failed flits that a link found and sent again; no series before the first."};
inline constexpr MetricInfo kDiscardedBytes{
    "upfabric_channel_discarded_bytes_total", MetricType::kCounter, "bytes", kChannelLabels,
    "Bytes put on the wire in vain, failed or behind a failure; no series before the first."};
inline constexpr MetricInfo kLeakedBytes{
    "upfabric_channel_leaked_bytes_total", MetricType::kCounter, "bytes", kChannelLabels,
    "Buffer space whose credits were lost; no series before the first."};
inline constexpr MetricInfo kMarkedPackets{
    "upfabric_channel_marked_packets_total", MetricType::kCounter, "1", kChannelLabels,
    "Packets that a switch marked for congestion as they left; no series before the first."};
inline constexpr MetricInfo kTrimmedPackets{
    "upfabric_channel_trimmed_packets_total", MetricType::kCounter, "1", kChannelLabels,
    "Packets for a channel that lost their payload in its switch; no series before the first."};
inline constexpr MetricInfo kDroppedPackets{
    "upfabric_channel_dropped_packets_total", MetricType::kCounter, "1", kChannelLabels,
    "Packets for a channel that its switch dropped; no series before the first."};
inline constexpr MetricInfo kRetransmittedPackets{
    "upfabric_channel_retransmitted_packets_total", MetricType::kCounter, "1", kChannelLabels,
    "Packets that an endpoint sent again; no series before the first."};
inline constexpr MetricInfo kPaused{
    "upfabric_channel_paused_seconds_total", MetricType::kCounter, "seconds", kChannelLabels,
    "Virtual time for which priority flow control stopped a channel; no series before the first."};
inline constexpr MetricInfo kFaults{"upfabric_faults_total", MetricType::kCounter, "1", "",
                                    "Faults that have happened, standing ones once in each row."};
inline constexpr MetricInfo kOperations{"upfabric_collective_operations_total",
                                        MetricType::kCounter, "1", "collective,algorithm",
                                        "Collective operations done, warm-up included."};
inline constexpr MetricInfo kCollectiveTime{
    "upfabric_collective_virtual_seconds", MetricType::kHistogram, "seconds", "collective",
    "Virtual time of one collective operation, one observation for each row."};
inline constexpr MetricInfo kBusBandwidth{
    "upfabric_collective_bus_bandwidth_bytes_per_second", MetricType::kGauge, "bytes per second",
    "collective", "Bus bandwidth of the last row, as nccl-tests defines it."};
inline constexpr MetricInfo kWrongElements{"upfabric_verify_wrong_elements_total",
                                           MetricType::kCounter, "1", "",
                                           "Elements of results that differed from the reference."};
inline constexpr MetricInfo kLabelLevel{
    "upfabric_label_level", MetricType::kGauge, "1", "",
    "Detail of the channel labels: 0 channel, 1 endpoint and plane, 2 endpoint, 3 plane."};

// In the order of the exposition.
inline constexpr MetricInfo kAll[] = {kBuildInfo,
                                      kRunInfo,
                                      kRunActive,
                                      kVirtualTime,
                                      kHops,
                                      kWindows,
                                      kExchangeWait,
                                      kFaults,
                                      kLabelLevel,
                                      kTransmitBytes,
                                      kPayloadBytes,
                                      kPackets,
                                      kBusy,
                                      kCreditStall,
                                      kQueuePackets,
                                      kLinkUp,
                                      kReplays,
                                      kDiscardedBytes,
                                      kLeakedBytes,
                                      kMarkedPackets,
                                      kTrimmedPackets,
                                      kDroppedPackets,
                                      kRetransmittedPackets,
                                      kPaused,
                                      kOperations,
                                      kCollectiveTime,
                                      kBusBandwidth,
                                      kWrongElements};

}  // namespace metrics

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_CATALOG_H_
