#include "daemon/metrics/exporter.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "daemon/metrics/catalog.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Snapshot BusySnapshot() {
  Snapshot snapshot;
  snapshot.run = {.run = "run-3",
                  .fabric = "gb200-nvl72",
                  .collective = "all_reduce",
                  .algorithm = "ring",
                  .seed = 7};
  snapshot.active = true;
  snapshot.virtual_time = Picoseconds(1'500'000'000'000);
  snapshot.hops = 1'000'000'000'000'001;
  fabric::ChannelCounters channel;
  channel.endpoint = 5;
  channel.plane = 2;
  channel.link = 3;
  channel.to_switch = true;
  channel.packets = 10;
  channel.payload_bytes = 2560;
  channel.wire_bytes = 2720;
  channel.busy = Picoseconds(54'400);
  channel.replays = 4;
  channel.congestion = {11, 12, 13, 14, Picoseconds(2'000'000)};
  channel.discarded_wire_bytes = 544;
  channel.leaked_wire_bytes = 32;
  channel.up = false;
  snapshot.channels.push_back(channel);
  snapshot.operations[{"all_reduce", "ring"}] = 21;
  snapshot.times["all_reduce"].Observe(Picoseconds(250'000));
  snapshot.times["all_reduce"].Observe(Picoseconds(250'001));
  snapshot.times["all_reduce"].bus_bytes_per_second = 8e11;
  return snapshot;
}

TEST(ExporterTest, PrintsEveryFamilyOfTheCatalog) {
  const std::string text = ExpositionText(BusySnapshot());
  for (const MetricInfo& info : metrics::kAll) {
    EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(info.name) + " "));
  }
}

TEST(ExporterTest, CountsInBaseUnits) {
  const std::string text = ExpositionText(BusySnapshot());
  EXPECT_THAT(text, HasSubstr("upfabric_virtual_time_seconds_total 1.5\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_hops_total 1000000000000001\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_transmit_bytes_total{endpoint=\"5\",plane=\"2\","
                              "link=\"3\",direction=\"to_switch\"} 2720\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_busy_seconds_total{endpoint=\"5\",plane=\"2\","
                              "link=\"3\",direction=\"to_switch\"} 5.44e-08\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_collective_operations_total{collective=\"all_reduce\","
                              "algorithm=\"ring\"} 21\n"));
}

TEST(ExporterTest, FaultsHaveSeriesWhereThereWereSome) {
  Snapshot snapshot = BusySnapshot();
  snapshot.faults = 2;
  snapshot.channels.emplace_back();  // one that is well
  const std::string text = ExpositionText(snapshot);
  const std::string labels = "{endpoint=\"5\",plane=\"2\",link=\"3\",direction=\"to_switch\"}";
  EXPECT_THAT(text, HasSubstr("upfabric_faults_total 2\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_replays_total" + labels + " 4\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_discarded_bytes_total" + labels + " 544\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_leaked_bytes_total" + labels + " 32\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_marked_packets_total" + labels + " 11\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_trimmed_packets_total" + labels + " 12\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_dropped_packets_total" + labels + " 13\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_retransmitted_packets_total" + labels + " 14\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_paused_seconds_total" + labels + " 2e-06\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_up" + labels + " 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("upfabric_channel_replays_total{endpoint=\"0\"")));
  EXPECT_THAT(text, HasSubstr("upfabric_channel_up{endpoint=\"0\",plane=\"0\",link=\"0\","
                              "direction=\"to_endpoint\"} 1\n"));
}

// 15 series of a channel with every kind of fault: one channel fits a limit of 15, two do not.
TEST(ExporterTest, SeriesOfFaultsCountForTheLimit) {
  Snapshot snapshot = BusySnapshot();
  EXPECT_THAT(ExpositionText(snapshot, 15), HasSubstr("upfabric_label_level 0\n"));
  snapshot.channels.push_back(snapshot.channels[0]);
  snapshot.channels[1].link = 4;
  EXPECT_THAT(ExpositionText(snapshot, 30), HasSubstr("upfabric_label_level 0\n"));
  EXPECT_THAT(ExpositionText(snapshot, 29), HasSubstr("upfabric_label_level 1\n"));
}

TEST(ExporterTest, HistogramBoundsAreInclusive) {
  const std::string text = ExpositionText(BusySnapshot());
  EXPECT_THAT(text, HasSubstr("upfabric_collective_virtual_seconds_bucket{collective=\"all_reduce\""
                              ",le=\"2.5e-07\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("upfabric_collective_virtual_seconds_bucket{collective=\"all_reduce\""
                              ",le=\"+Inf\"} 2\n"));
}

TEST(ExporterTest, AnIdleDaemonHasNoRunAndNoNan) {
  const std::string text = ExpositionText(Snapshot());
  EXPECT_THAT(text, Not(HasSubstr("upfabric_run_info")));
  EXPECT_THAT(text, HasSubstr("upfabric_run_active 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("an\n")));
}

TEST(ExporterTest, TheLevelOfTheLabelsIsAMetric) {
  Snapshot snapshot = BusySnapshot();
  for (int link = 0; link < 9; ++link) {
    snapshot.channels.push_back(snapshot.channels[0]);
    snapshot.channels.back().link = 10 + link;
  }
  EXPECT_THAT(ExpositionText(snapshot, 150), HasSubstr("upfabric_label_level 0\n"));
  const std::string coarse = ExpositionText(snapshot, 149);
  EXPECT_THAT(coarse, HasSubstr("upfabric_label_level 1\n"));
  EXPECT_THAT(coarse, HasSubstr("upfabric_channel_transmit_bytes_total{endpoint=\"5\",plane=\"2\","
                                "direction=\"to_switch\"} 27200\n"));
}

TEST(ExporterTest, PromtoolFindsNothingToSay) {
  if (std::system("command -v promtool > /dev/null") != 0) {
    GTEST_SKIP() << "promtool is not installed";
  }
  FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  std::fputs(ExpositionText(BusySnapshot()).c_str(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

TEST(CatalogTest, TheDocumentShowsTheCatalog) {
  std::ifstream file(UPF_METRICS_DOC);
  std::stringstream document;
  document << file.rdbuf();
  EXPECT_THAT(document.str(), HasSubstr(CatalogTable())) << "docs/metrics.md should hold:\n"
                                                         << CatalogTable();
}

TEST(CatalogTest, NamesFollowTheRules) {
  for (const MetricInfo& info : metrics::kAll) {
    EXPECT_TRUE(info.name.starts_with("upfabric_")) << info.name;
    EXPECT_EQ(info.name.ends_with("_total"), info.type == MetricType::kCounter) << info.name;
    EXPECT_EQ(info.help.find_first_of("\n\\"), std::string_view::npos) << info.name;
  }
}

}  // namespace
}  // namespace upfabric::daemon
