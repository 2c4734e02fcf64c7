#include "daemon/cli/run_report.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;

v1::Result SampleResult() {
  v1::Result result;
  result.set_fabric("toy");
  result.set_ranks(8);
  result.set_collective(v1::COLLECTIVE_ALL_REDUCE);
  result.set_software("ideal");
  result.set_seed(7);
  result.set_fingerprint(0xfeedbeef);
  result.set_virtual_ps(32'587'520);
  result.set_hops(1234);
  result.set_timing(v1::TIMING_ISOLATED);
  v1::Row& row = *result.add_rows();
  row.set_bytes(1 << 20);
  row.set_count(1 << 18);
  row.set_type(v1::DATA_TYPE_FLOAT32);
  row.set_op(v1::REDUCE_OP_SUM);
  row.set_root(-1);
  row.set_algorithm("two_shot");
  row.set_protocol("-");
  row.set_payload(v1::PAYLOAD_MODE_FULL);
  row.set_time_ps(32'587'520);
  row.set_wrong(0);
  row.set_collective(v1::COLLECTIVE_ALL_REDUCE);
  row.set_ranks(8);
  return result;
}

TEST(RunReportTest, JsonIsTheContractsObject) {
  EXPECT_EQ(RunJson(SampleResult()),
            "{\"fabric\":\"toy\",\"ranks\":8,\"collective\":\"all_reduce\",\"software\":\"ideal\","
            "\"seed\":7,\"fingerprint\":\"00000000feedbeef\",\"virtual_seconds\":0.000032587520,"
            "\"hops\":1234,\"rows\":[\n"
            "{\"bytes\":1048576,\"count\":262144,\"type\":\"float\",\"redop\":\"sum\","
            "\"algorithm\":\"two_shot\",\"protocol\":\"-\",\"payload\":\"full\","
            "\"time_us\":32.587520,\"algbw_GBps\":32.177226,\"busbw_GBps\":56.310146,\"wrong\":0}\n"
            "]}\n");
}

TEST(RunReportTest, JsonHasTheFaultsIfThereWereAny) {
  v1::Result result = SampleResult();
  v1::Fault& fault = *result.mutable_faults()->add_faults();
  fault.set_time("5us");
  fault.mutable_plane_down()->set_plane(4);
  EXPECT_THAT(RunJson(result),
              HasSubstr("\n],\"faults\":[\n{\"time\":\"5us\",\"plane_down\":{\"plane\":4}}\n]}\n"));
}

TEST(RunReportTest, ASearchShowsWhatItTried) {
  v1::Result result = SampleResult();
  v1::Row& row = *result.mutable_rows(0);
  row.set_fastest(true);
  EXPECT_THAT(RunTable(result), HasSubstr("       0  fastest\n"));
  EXPECT_THAT(RunJson(result), HasSubstr("\"wrong\":0,\"fastest\":true}"));
  v1::Candidate& slower = *row.add_candidates();
  slower.set_algorithm("ring");
  slower.set_time_ps(50'000'000);
  v1::Candidate& winner = *row.add_candidates();
  winner.set_algorithm("two_shot");
  winner.set_time_ps(row.time_ps());
  v1::Candidate& not_run = *row.add_candidates();
  not_run.set_algorithm("one_shot");
  not_run.set_bound_ps(70'500'000);
  EXPECT_THAT(RunTable(result), HasSubstr("\n# 1048576 B, us: two_shot 32.59, ring 50.00; not "
                                          "run, at least: one_shot 70.50\n"));
  EXPECT_THAT(RunJson(result),
              HasSubstr("\"candidates\":[{\"algorithm\":\"ring\",\"time_us\":50.000000},"));
  EXPECT_THAT(RunJson(result), HasSubstr("{\"algorithm\":\"one_shot\",\"not_run_at_least_us\":"
                                         "70.500000}]}"));
}

TEST(RunReportTest, LatencyAndRankTimesAreFieldsAndLines) {
  v1::Result result = SampleResult();
  v1::Row& row = *result.mutable_rows(0);
  row.mutable_latency()->set_messages(12);
  row.mutable_latency()->set_p50_ps(1'500'000);
  row.mutable_latency()->set_p99_ps(2'500'000);
  row.mutable_latency()->set_max_ps(3'000'000);
  for (int rank = 0; rank < 9; ++rank) {
    row.add_rank_times()->set_end_ps(rank * 1'000'000);
  }
  EXPECT_THAT(RunTable(result),
              HasSubstr("# 1048576 B, us: latency of 12 messages p50 1.50, p99 2.50, max 3.00\n"));
  EXPECT_THAT(RunTable(result), HasSubstr("# 1048576 B, us: ranks from 8 on: 0.00-8.00\n"));
  EXPECT_THAT(RunJson(result), HasSubstr("\"latency_p99_us\":2.500000,"));
  EXPECT_THAT(RunJson(result), HasSubstr("\"rank_end_us\":[0.000000,1.000000,"));
  EXPECT_THAT(RunCsv(result), HasSubstr(";7.000000;8.000000\n"));
}

TEST(RunReportTest, JsonIsReadableByAParser) {
  v1::Result result = SampleResult();
  result.mutable_rows(0)->set_wrong(-1);
  result.set_fabric("quote\" and \\");
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(RunJson(result), &parsed).ok());
  EXPECT_EQ(parsed.fields().at("fabric").string_value(), "quote\" and \\");
  const auto& row = parsed.fields().at("rows").list_value().values(0).struct_value();
  EXPECT_EQ(row.fields().at("wrong").kind_case(), google::protobuf::Value::kNullValue);
}

TEST(RunReportTest, CsvHasTheRowFieldsAsHeader) {
  v1::Result result = SampleResult();
  *result.add_rows() = result.rows(0);
  result.mutable_rows(1)->set_wrong(-1);
  EXPECT_EQ(
      RunCsv(result),
      "bytes,count,type,redop,algorithm,protocol,payload,time_us,algbw_GBps,busbw_GBps,wrong\n"
      "1048576,262144,float,sum,two_shot,-,full,32.587520,32.177226,56.310146,0\n"
      "1048576,262144,float,sum,two_shot,-,full,32.587520,32.177226,56.310146,N/A\n");
}

TEST(RunReportTest, TableHasTheColumnsOfNcclTestsAndTheAlgorithm) {
  EXPECT_EQ(
      RunTable(SampleResult()),
      "# upfabric run all_reduce: toy, 8 ranks, software ideal, isolated, virtual time\n"
      "#       size         count      type   redop    root  algorithm     time   algbw   busbw  "
      "#wrong\n"
      "#        (B)    (elements)                                          (us)  (GB/s)  (GB/s)\n"
      "     1048576        262144     float     sum      -1   two_shot    32.59   32.18   56.31  "
      "     0\n"
      "# fingerprint 00000000feedbeef  seed 7  hops 1234  virtual time 0.000032587520 s\n");
}

v1::Result SampleWithJitter() {
  v1::Result result = SampleResult();
  v1::Jitter& jitter = *result.mutable_rows(0)->mutable_jitter();
  jitter.set_repetitions(5);
  jitter.set_min_ps(32'000'000);
  jitter.set_median_ps(40'000'000);
  jitter.set_max_ps(65'175'041);
  return result;
}

// 2^20 B in 40 us are 26.2144 GB/s, times 14/8.
TEST(RunReportTest, JitterAddsFieldsAndLeavesTheOthers) {
  const std::string plain = RunJson(SampleResult());
  const std::string added =
      ",\"jitter_repetitions\":5,\"jitter_min_us\":32.000000,\"jitter_median_us\":40.000000,"
      "\"jitter_max_us\":65.175041,\"jitter_median_busbw_GBps\":45.875200";
  std::string expected = plain;
  expected.insert(expected.find("}\n]"), added);
  EXPECT_EQ(RunJson(SampleWithJitter()), expected);
  EXPECT_EQ(RunCsv(SampleWithJitter()),
            "bytes,count,type,redop,algorithm,protocol,payload,time_us,algbw_GBps,busbw_GBps,wrong,"
            "jitter_repetitions,jitter_min_us,jitter_median_us,jitter_max_us,"
            "jitter_median_busbw_GBps\n"
            "1048576,262144,float,sum,two_shot,-,full,32.587520,32.177226,56.310146,0,"
            "5,32.000000,40.000000,65.175041,45.875200\n");
}

TEST(RunReportTest, JitterAddsColumnsToTheTable) {
  EXPECT_EQ(
      RunTable(SampleWithJitter()),
      "# upfabric run all_reduce: toy, 8 ranks, software ideal, isolated, virtual time\n"
      "#       size         count      type   redop    root  algorithm     time   algbw   busbw  "
      "#wrong  jitter      min   median      max   busbw\n"
      "#        (B)    (elements)                                          (us)  (GB/s)  (GB/s)  "
      "        (runs)     (us)     (us)     (us)  (GB/s)\n"
      "     1048576        262144     float     sum      -1   two_shot    32.59   32.18   56.31  "
      "     0       5    32.00    40.00    65.18   45.88\n"
      "# fingerprint 00000000feedbeef  seed 7  hops 1234  virtual time 0.000032587520 s\n");
}

TEST(RunReportTest, StatisticsSayWhatWasCheckedAndWhatWentWrong) {
  v1::RunStatistics statistics;
  statistics.set_channels_checked(2592);
  statistics.set_messages_checked(5184);
  statistics.set_completions_checked(72);
  EXPECT_THAT(StatisticsText(statistics), HasSubstr("# checked: 2592 channels ("));
  EXPECT_THAT(StatisticsText(statistics), HasSubstr(", 5184 messages posted and delivered, 72 "
                                                    "completions against"));
  EXPECT_THAT(StatisticsText(statistics), ::testing::Not(HasSubstr("replays")));
  statistics.set_replays(3);
  EXPECT_THAT(StatisticsText(statistics), HasSubstr("# 3 replays of flits, 0 shares rerouted"));
}

TEST(RunReportTest, StatisticsSayWhenOneProcessIsFaster) {
  v1::RunStatistics statistics;
  statistics.set_windows(1'000);
  statistics.set_user_cpu_seconds(0.2);
  statistics.set_wall_seconds(0.15);
  statistics.add_processes()->set_exchange_wait_seconds(0.01);
  statistics.add_processes()->set_exchange_wait_seconds(0.03);
  EXPECT_THAT(StatisticsText(statistics),
              HasSubstr("# work a window 100.0 us, exchange wait 20.0 us (each process)\n"));
  EXPECT_THAT(StatisticsText(statistics), ::testing::Not(HasSubstr("one process is faster")));
  statistics.set_wall_seconds(0.25);
  EXPECT_THAT(StatisticsText(statistics),
              HasSubstr("# one process is faster: the work of all takes 0.200 s, the run took"));
}

TEST(RunReportTest, StatisticsOfAnEmptyRunDivideNothingByZero) {
  const std::string text = StatisticsText({});
  EXPECT_THAT(text, HasSubstr("0 hops/s"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace upfabric::daemon::cli
