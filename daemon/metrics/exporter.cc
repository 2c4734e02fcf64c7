#include "daemon/metrics/exporter.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/metrics/catalog.h"
#include "daemon/metrics/channel_groups.h"

namespace upfabric::daemon {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// Families with a series for every group; those of faults have one only where there was a fault.
constexpr size_t kChannelFamilies = 7;

double Seconds(Picoseconds time) { return static_cast<double>(time.count()) / 1e12; }

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

// Collects families in the order in which they are begun.
class Exposition {
 public:
  void Begin(const MetricInfo& info) {
    MetricFamily& family = families_.emplace_back();
    family.name = std::string(info.name);
    family.help = std::string(info.help);
    family.type = TypeOf(info.type);
  }

  // Adds a series to the family begun last.
  ClientMetric& Add(const Labels& labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    for (const auto& [name, value] : labels) {
      metric.label.push_back({name, value});
    }
    return metric;
  }
  void Add(const Labels& labels, double value) {
    ClientMetric& metric = Add(labels);
    // Which of the two is printed follows from the family's type.
    metric.counter.value = value;
    metric.gauge.value = value;
  }
  void AddOne(const MetricInfo& info, double value) {
    Begin(info);
    Add(Labels{}, value);
  }

  std::string Text() {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families_);
    return text.str();
  }

 private:
  std::vector<MetricFamily> families_;
};

void AddRun(const Snapshot& snapshot, Exposition& out) {
  out.Begin(metrics::kBuildInfo);
  out.Add({{"version", UPFABRIC_VERSION}}, 1);
  out.Begin(metrics::kRunInfo);
  if (!snapshot.run.run.empty()) {
    out.Add({{"run", snapshot.run.run},
             {"fabric", snapshot.run.fabric},
             {"collective", snapshot.run.collective},
             {"algorithm", snapshot.run.algorithm},
             {"seed", absl::StrCat(snapshot.run.seed)}},
            1);
  }
  out.AddOne(metrics::kRunActive, snapshot.active ? 1 : 0);
  out.AddOne(metrics::kVirtualTime, Seconds(snapshot.virtual_time));
  out.AddOne(metrics::kHops, static_cast<double>(snapshot.hops));
  out.AddOne(metrics::kWindows, static_cast<double>(snapshot.windows));
  out.AddOne(metrics::kExchangeWait, snapshot.exchange_wait_seconds);
  out.AddOne(metrics::kFaults, static_cast<double>(snapshot.faults));
}

template <typename ValueOf>
void AddChannelFamily(const MetricInfo& info, const GroupedChannels& channels, ValueOf value_of,
                      Exposition& out) {
  out.Begin(info);
  for (const ChannelGroup& group : channels.groups) {
    out.Add(group.labels, value_of(group));
  }
}

// Without the groups that have none.
template <typename CountOf>
void AddFaultFamily(const MetricInfo& info, const GroupedChannels& channels, CountOf count_of,
                    Exposition& out) {
  out.Begin(info);
  for (const ChannelGroup& group : channels.groups) {
    if (count_of(group) > 0) {
      out.Add(group.labels, static_cast<double>(count_of(group)));
    }
  }
}

size_t SeriesOf(const GroupedChannels& channels) {
  size_t series = channels.groups.size() * kChannelFamilies;
  for (const ChannelGroup& group : channels.groups) {
    const fabric::CongestionCounters& congestion = group.congestion;
    for (const int64_t count :
         {group.replays, group.discarded_bytes, group.leaked_bytes, congestion.marked_packets,
          congestion.trimmed_packets, congestion.dropped_packets, congestion.retransmitted_packets,
          congestion.paused.count()}) {
      series += count > 0 ? 1 : 0;
    }
  }
  return series;
}

// As fine as the limit allows.
GroupedChannels Grouped(const std::vector<fabric::ChannelCounters>& all, size_t series_max) {
  GroupedChannels channels = GroupChannels(all, series_max / kChannelFamilies);
  while (SeriesOf(channels) > series_max && channels.level != LabelLevel::kPlane) {
    channels = GroupChannels(all, channels.groups.size() - 1);
  }
  return channels;
}

void AddChannels(const GroupedChannels& channels, Exposition& out) {
  const auto count = [](int64_t value) { return static_cast<double>(value); };
  out.AddOne(metrics::kLabelLevel, static_cast<double>(channels.level));
  AddChannelFamily(
      metrics::kTransmitBytes, channels, [&](const auto& g) { return count(g.wire_bytes); }, out);
  AddChannelFamily(
      metrics::kPayloadBytes, channels, [&](const auto& g) { return count(g.payload_bytes); }, out);
  AddChannelFamily(
      metrics::kPackets, channels, [&](const auto& g) { return count(g.packets); }, out);
  AddChannelFamily(
      metrics::kBusy, channels, [](const auto& g) { return Seconds(g.busy); }, out);
  AddChannelFamily(
      metrics::kCreditStall, channels, [](const auto& g) { return Seconds(g.credit_stall); }, out);
  AddChannelFamily(
      metrics::kQueuePackets, channels, [&](const auto& g) { return count(g.queue_packets_max); },
      out);
  AddChannelFamily(
      metrics::kLinkUp, channels, [](const auto& g) { return g.up ? 1.0 : 0.0; }, out);
  AddFaultFamily(
      metrics::kReplays, channels, [](const auto& g) { return g.replays; }, out);
  AddFaultFamily(
      metrics::kDiscardedBytes, channels, [](const auto& g) { return g.discarded_bytes; }, out);
  AddFaultFamily(
      metrics::kLeakedBytes, channels, [](const auto& g) { return g.leaked_bytes; }, out);
  AddFaultFamily(
      metrics::kMarkedPackets, channels, [](const auto& g) { return g.congestion.marked_packets; },
      out);
  AddFaultFamily(
      metrics::kTrimmedPackets, channels,
      [](const auto& g) { return g.congestion.trimmed_packets; }, out);
  AddFaultFamily(
      metrics::kDroppedPackets, channels,
      [](const auto& g) { return g.congestion.dropped_packets; }, out);
  AddFaultFamily(
      metrics::kRetransmittedPackets, channels,
      [](const auto& g) { return g.congestion.retransmitted_packets; }, out);
  AddFaultFamily(
      metrics::kPaused, channels, [](const auto& g) { return Seconds(g.congestion.paused); }, out);
}

void AddHistogram(const std::string& collective, const CollectiveTimes& times, Exposition& out) {
  ClientMetric::Histogram& histogram = out.Add({{"collective", collective}}).histogram;
  for (int bucket = 0; bucket <= kTimeBuckets; ++bucket) {
    histogram.sample_count += times.buckets[static_cast<size_t>(bucket)];
    const double bound = bucket < kTimeBuckets ? Seconds(TimeBucketBound(bucket))
                                               : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = Seconds(times.sum);
}

void AddCollectives(const Snapshot& snapshot, Exposition& out) {
  out.Begin(metrics::kOperations);
  for (const auto& [names, operations] : snapshot.operations) {
    out.Add({{"collective", names.first}, {"algorithm", names.second}},
            static_cast<double>(operations));
  }
  out.Begin(metrics::kCollectiveTime);
  for (const auto& [collective, times] : snapshot.times) {
    AddHistogram(collective, times, out);
  }
  out.Begin(metrics::kBusBandwidth);
  for (const auto& [collective, times] : snapshot.times) {
    out.Add({{"collective", collective}}, times.bus_bytes_per_second);
  }
  out.AddOne(metrics::kWrongElements, static_cast<double>(snapshot.wrong_elements));
}

absl::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "unknown";
}

}  // namespace

void CollectiveTimes::Observe(Picoseconds time) {
  size_t bucket = 0;
  while (bucket < kTimeBuckets && time > TimeBucketBound(static_cast<int>(bucket))) {
    ++bucket;
  }
  ++buckets[bucket];
  sum += time;
}

std::string ExpositionText(const Snapshot& snapshot, size_t channel_series_max) {
  Exposition out;
  AddRun(snapshot, out);
  AddChannels(Grouped(snapshot.channels, channel_series_max), out);
  AddCollectives(snapshot, out);
  return out.Text();
}

std::string CatalogTable() {
  std::string table = "| Metric | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n";
  for (const MetricInfo& info : metrics::kAll) {
    const std::string labels = absl::StrReplaceAll(std::string(info.labels), {{",", ", "}});
    absl::StrAppend(&table, "| `", std::string(info.name), "` | ", TypeName(info.type), " | ",
                    std::string(info.unit), " | ", labels.empty() ? "-" : labels, " | ",
                    std::string(info.help), " |\n");
  }
  return table;
}

}  // namespace upfabric::daemon
