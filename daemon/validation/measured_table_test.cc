#include "daemon/validation/measured_table.h"

#include <gmock/gmock.h>

#include "daemon/validation/table_index.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

constexpr char kPerf[] = R"(# nccl-tests version 2.19.6 nccl-headers=22902 nccl-library=22902
# Collective test starting: all_gather_perf
# nThread 1 nGpus 4 minBytes 1024 maxBytes 2048 step: 2(factor) warmup iters: 1 iters: 20
#
# Using devices
#  Rank  0 Group  0 Pid   4711 on      node0 device  0 [0000:18:00] some accelerator
#  Rank  1 Group  0 Pid   4711 on      node0 device  1 [0000:19:00] some accelerator
#
#                            out-of-place                in-place
#  size  count  type  redop  root  time  algbw  busbw  #wrong  time  algbw  busbw  #wrong
#   (B)  (elements)                (us) (GB/s) (GB/s)          (us) (GB/s) (GB/s)
node0:4711:4711 [0] NCCL INFO Bootstrap
  1024    128 float   none    -1 32.59   0.03   0.02       0 31.00   0.03   0.02       0
  2048    256 float   none    -1 33.10   0.06   0.03       0 31.50   0.07   0.03     N/A
# Out of bounds values : 0 OK
)";

TEST(MeasuredTableTest, ReadsWhatNcclTestsPrints) {
  const absl::StatusOr<MeasuredTable> table = ParseMeasuredTable("log", kPerf);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->collective, "all_gather");
  EXPECT_EQ(table->ranks, 2);
  EXPECT_EQ(table->version, "2.29");
  EXPECT_TRUE(table->single_process);
  ASSERT_EQ(table->rows.size(), 2u);
  EXPECT_EQ(table->rows[1].bytes, 2048);
  EXPECT_DOUBLE_EQ(*table->rows[1].microseconds, 33.10);
}

TEST(MeasuredTableTest, ReadsOldOutputBehindMpirunsTags) {
  const absl::StatusOr<MeasuredTable> table = ParseMeasuredTable("log", R"(
[1,0]<stdout>:#      size      count   type redop    time  algbw  busbw error    time  algbw
[1,0]<stdout>: 536870912  134217728  float   sum 2151.00 249.59 436.79 1e-07 2150.00 249.59
)");
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->rows.size(), 1u);
  EXPECT_DOUBLE_EQ(*table->rows[0].microseconds, 2151);
  EXPECT_DOUBLE_EQ(*table->rows[0].bus_bandwidth, 436.79);
}

TEST(MeasuredTableTest, ReadsItsJson) {
  const absl::StatusOr<MeasuredTable> table = ParseMeasuredTable("j.json", R"({"version":3,
    "args":["/opt/bin/all_reduce_perf","-b","1M"],"nccl_version":22703,
    "config":{"ngpus":1,"devices":[{"rank":0},{"rank":1},{"rank":2},{"rank":3}]},
    "results":[{"size":1048576,"count":262144,"type":"float","redop":"sum",
      "out_of_place":{"time":32.5,"alg_bw":32.17,"bus_bw":56.31,"nwrong":0.0},
      "in_place":{"time":32.59,"alg_bw":32.17,"bus_bw":56.31,"nwrong":null}}]})");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->collective, "all_reduce");
  EXPECT_EQ(table->ranks, 4);
  EXPECT_EQ(table->version, "2.27");
  EXPECT_FALSE(table->single_process);
  ASSERT_EQ(table->rows.size(), 1u);
  EXPECT_DOUBLE_EQ(*table->rows[0].microseconds, 32.5);
}

TEST(MeasuredTableTest, ReadsCsvWhereOnlyBandwidthWasPublished) {
  const absl::StatusOr<MeasuredTable> table =
      ParseMeasuredTable("t.csv",
                         "# collective: alltoall\n# ranks: 8, one process each\n"
                         "bytes,time_us,algbw_GBps,busbw_GBps\n1048576,,,70.0\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->collective, "all_to_all");
  EXPECT_EQ(table->ranks, 8);
  EXPECT_NEAR(*TimeOf(table->rows[0], "all_to_all", 8), 1048576e-3 / (70 / 0.875), 1e-9);
}

TEST(MeasuredTableTest, SaysWhereItIsWrong) {
  const auto message = [](const char* text) {
    return std::string(ParseMeasuredTable("t.csv", text).status().message());
  };
  EXPECT_THAT(message("bytes,time_us\n8,fast\n"),
              HasSubstr("t.csv:2: time_us is \"fast\"; a number is wanted"));
  EXPECT_THAT(message("bytes,time_us\n-8,1\n"), HasSubstr("t.csv:2: bytes is \"-8\""));
  EXPECT_THAT(message("bytes,speed\n8,1\n"), HasSubstr("t.csv:1: no header of a table"));
  EXPECT_THAT(message("hello\n"), HasSubstr("has no row of measurements"));
  EXPECT_THAT(message("{\"results\": 3"), HasSubstr("is no JSON"));
  EXPECT_THAT(message("{\"a\": 3}"), HasSubstr("has no \"results\""));
  EXPECT_THAT(message("{\"results\": [{\"size\": 1e100, \"out_of_place\": {}}]}"),
              HasSubstr("without a size in bytes"));
  EXPECT_THAT(message(""), HasSubstr("has no row of measurements"));
}

TEST(TableIndexTest, SaysWhereItIsWrong) {
  const auto message = [](const char* text) {
    return std::string(ParseTableIndex("index.csv", text).status().message());
  };
  const std::string header = "file,preset,collective,ranks,domains,stack\n";
  EXPECT_EQ(message((header + "a.csv,hgx-h100,all_reduce,8,1,nccl\n").c_str()), "");
  EXPECT_THAT(message("name,value\n"), HasSubstr("index.csv:1: is no header of an index"));
  EXPECT_THAT(message((header + "a.csv,hgx-h100,all_reduce,many,1,nccl\n").c_str()),
              HasSubstr("index.csv:2: ranks is \"many\""));
  EXPECT_THAT(message((header + "a.csv,hgx-h100,all_reduce,9,2,nccl\n").c_str()),
              HasSubstr("9 ranks in 2 domains"));
  EXPECT_THAT(message((header + "a.csv,,all_reduce,8,1,nccl\n").c_str()),
              HasSubstr("has no file, preset"));
}

}  // namespace
}  // namespace upfabric::daemon
