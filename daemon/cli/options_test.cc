#include "daemon/cli/options.h"
#include "daemon/cli/sweep_workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<Command> Parse(const std::string& line) {
  return ParseCommandLine(absl::StrSplit(line, ' ', absl::SkipEmpty()));
}

std::string ErrorOf(const std::string& line) {
  const absl::StatusOr<Command> command = Parse(line);
  EXPECT_EQ(command.status().code(), absl::StatusCode::kInvalidArgument) << line;
  EXPECT_THAT(std::string(command.status().message()), Not(HasSubstr("\n")));
  return std::string(command.status().message());
}

TEST(ParseCommandLineTest, RunHasTheDefaultsOfNcclTests) {
  const auto command = Parse("run all_reduce --fabric hgx-h100");
  ASSERT_TRUE(command.ok()) << command.status();
  const auto& run = std::get<RunCommand>(*command);
  EXPECT_EQ(run.collective, v1::COLLECTIVE_ALL_REDUCE);
  EXPECT_EQ(run.fabric, "hgx-h100");
  EXPECT_THAT(run.sweep.sizes_bytes, ElementsAre(32 << 20));
  EXPECT_EQ(run.sweep.type, v1::DATA_TYPE_FLOAT32);
  EXPECT_EQ(run.sweep.op, v1::REDUCE_OP_SUM);
  EXPECT_TRUE(run.sweep.check);
  EXPECT_EQ(run.format, Format::kTable);
  EXPECT_FALSE(run.statistics);
}

TEST(ParseCommandLineTest, AComparisonTakesNoFaults) {
  EXPECT_THAT(ErrorOf("compare all_reduce --fabric a --fabric b --faults f.yaml"),
              HasSubstr("--faults: fabrics that are compared"));
}

TEST(ParseCommandLineTest, AComparisonTakesTheBestButNotAll) {
  const std::vector<std::string> command = {"compare",  "all_reduce", "--fabric",   "a",
                                            "--fabric", "b",          "--algorithm"};
  const auto with = [&](const char* algorithm) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back(algorithm);
    return ParseCommandLine(arguments).status();
  };
  EXPECT_TRUE(with("best").ok());
  EXPECT_THAT(std::string(with("all").message()), HasSubstr("--algorithm: all: "));
}

TEST(ParseCommandLineTest, FaultsAreRecordedWhereTheyCanBeReadAgain) {
  EXPECT_THAT(ErrorOf("run all_reduce --fabric a --record-faults f.txt"),
              HasSubstr("--record-faults: f.txt: allowed"));
}

TEST(ParseCommandLineTest, InjectReadsAFaultOrAFile) {
  const auto command =
      Parse("inject --connect h:1 flap gpu3:5 --down 5us --period 100us --times 3 --at 12us");
  ASSERT_TRUE(command.ok()) << command.status();
  const auto& inject = std::get<InjectCommand>(*command);
  EXPECT_EQ(inject.connect, "h:1");
  ASSERT_EQ(inject.faults.faults_size(), 1);
  EXPECT_EQ(inject.faults.faults(0).time(), "12us");
  EXPECT_EQ(inject.faults.faults(0).link_flap().times(), 3);
  EXPECT_EQ(std::get<InjectCommand>(*Parse("inject --file f.yaml --connect h:1")).file, "f.yaml");
  EXPECT_THAT(ErrorOf("inject --connect h:1"), HasSubstr("FAULT: "));
  EXPECT_THAT(ErrorOf("inject --connect h:1 link-up gpu0:0 --file f.yaml"), HasSubstr("--file"));
  EXPECT_THAT(ErrorOf("inject link-up gpu0:0"), HasSubstr("--connect"));
  EXPECT_THAT(std::get<HelpCommand>(*Parse("inject --help")).text, HasSubstr("plane-down PLANE"));
}

TEST(ParseCommandLineTest, RunReadsEveryFlag) {
  const auto command = Parse(
      "run broadcast --fabric f -b 1K -e 4K -f 2 -g 4 -d half -o max -n 5 -w 2 -c 0 --root 3 "
      "--algorithm ring --software ideal --payload full --granularity packet --seed 9 --stats "
      "--format csv --connect localhost:1 --jitter 1000 --faults f.yaml --record-faults g.json");
  ASSERT_TRUE(command.ok()) << command.status();
  const auto& run = std::get<RunCommand>(*command);
  EXPECT_THAT(run.sweep.sizes_bytes, ElementsAre(1024, 2048, 4096));
  EXPECT_EQ(run.sweep.ranks, 4);
  EXPECT_EQ(run.sweep.type, v1::DATA_TYPE_FLOAT16);
  EXPECT_EQ(run.sweep.op, v1::REDUCE_OP_MAX);
  EXPECT_FALSE(run.sweep.check);
  EXPECT_EQ(run.sweep.root, 3);
  EXPECT_EQ(run.sweep.algorithm, "ring");
  EXPECT_EQ(run.sweep.payload, v1::PAYLOAD_MODE_FULL);
  EXPECT_EQ(run.sweep.seed, 9);
  EXPECT_TRUE(run.statistics);
  EXPECT_EQ(run.format, Format::kCsv);
  EXPECT_EQ(run.connect, "localhost:1");
  EXPECT_EQ(run.sweep.jitter, 1000);
  EXPECT_EQ(WorkloadOf(run.sweep, run.collective, 4).jitter(), 1000);
  EXPECT_EQ(run.faults, "f.yaml");
  EXPECT_EQ(run.record_faults, "g.json");
}

TEST(ParseCommandLineTest, CompareTakesSeveralCollectivesAndFabrics) {
  const auto command = Parse("compare all_reduce,all_to_all --fabric a --fabric b --fabric c -g 8");
  ASSERT_TRUE(command.ok()) << command.status();
  const auto& compare = std::get<CompareCommand>(*command);
  EXPECT_THAT(compare.collectives,
              ElementsAre(v1::COLLECTIVE_ALL_REDUCE, v1::COLLECTIVE_ALL_TO_ALL));
  EXPECT_THAT(compare.fabrics, ElementsAre("a", "b", "c"));
}

TEST(ParseCommandLineTest, OtherCommands) {
  EXPECT_EQ(std::get<PresetsCommand>(*Parse("presets --format json")).format, Format::kJson);
  EXPECT_EQ(std::get<ShowCommand>(*Parse("show ualink-pod-72")).fabric, "ualink-pod-72");
  EXPECT_FALSE(std::get<AlgorithmsCommand>(*Parse("algorithms")).collective.has_value());
  EXPECT_EQ(std::get<AlgorithmsCommand>(*Parse("algorithms broadcast")).collective,
            v1::COLLECTIVE_BROADCAST);
  EXPECT_EQ(std::get<StatusCommand>(*Parse("status --connect h:1")).connect, "h:1");
  EXPECT_EQ(std::get<StopCommand>(*Parse("stop --connect h:1 --run 7")).run_id, "7");
}

TEST(ParseCommandLineTest, HelpIsACommandWithItsText) {
  EXPECT_THAT(std::get<HelpCommand>(*Parse("--help")).text, HasSubstr("compare"));
  EXPECT_THAT(std::get<HelpCommand>(*Parse("run --help")).text,
              HasSubstr("isolated operations repeat exactly"));
}

TEST(ParseCommandLineTest, ABadValueNamesTheFlagAndWhatIsAllowed) {
  EXPECT_EQ(
      ErrorOf("run all_reduce --fabric f -b 1X"),
      "-b: \"1X\" is not a size; allowed: a number with an optional fraction and one of K, M, "
      "G (powers of 1024)");
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f -d int4"), HasSubstr("-d: \"int4\""));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f -f 0"), HasSubstr("-f: \"0\""));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f -g 0"), HasSubstr("-g: \"0\""));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f -b 2K -e 1K"), HasSubstr("-b 2K: above -e 1K"));
  EXPECT_EQ(ErrorOf("run all_reduce --fabric f --jitter 0"),
            "--jitter: \"0\" is out of range; allowed: a whole number from 1 to 1000");
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f --jitter 1001"), HasSubstr("--jitter: \"1001\""));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f --root -1"), HasSubstr("root"));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f --format xml"), HasSubstr("table, csv, json"));
  EXPECT_THAT(ErrorOf("run gossip --fabric f"), HasSubstr("\"gossip\" is not a collective"));
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f -g 2 --endpoints 0-1"), HasSubstr("one of them"));
}

TEST(ParseCommandLineTest, UnknownGranularityIsRefusedClearly) {
  EXPECT_THAT(ErrorOf("run all_reduce --fabric f --granularity flit"), HasSubstr("train, packet"));
}

TEST(ParseCommandLineTest, UnknownAndMissingThingsAreOneLine) {
  EXPECT_THAT(ErrorOf("compare all_reduce --fabric f --fabric g --jitter 3"),
              HasSubstr("--jitter"));
  EXPECT_THAT(ErrorOf("run"), HasSubstr("COLLECTIVE"));
  EXPECT_THAT(ErrorOf("run all_reduce"), HasSubstr("--fabric: missing"));
  EXPECT_THAT(ErrorOf("compare all_reduce --fabric a"), HasSubstr("given 1 times"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("subcommand"));
  EXPECT_THAT(ErrorOf("frobnicate"), HasSubstr("frobnicate"));
  EXPECT_THAT(ErrorOf("stop"), HasSubstr("--connect"));
}

TEST(WorkloadOfTest, TakesAllEndpointsUnlessToldOtherwise) {
  SweepOptions sweep;
  sweep.sizes_bytes = {8};
  EXPECT_EQ(WorkloadOf(sweep, v1::COLLECTIVE_ALL_REDUCE, 72).endpoints_size(), 72);
  sweep.ranks = 3;
  EXPECT_THAT(WorkloadOf(sweep, v1::COLLECTIVE_ALL_REDUCE, 72).endpoints(), ElementsAre(0, 1, 2));
  sweep.endpoints = {5, 1};
  EXPECT_THAT(WorkloadOf(sweep, v1::COLLECTIVE_ALL_REDUCE, 72).endpoints(), ElementsAre(5, 1));
}

TEST(WorkloadOfTest, OperationAndRootAreSetOnlyWhereTheCollectiveHasThem) {
  SweepOptions sweep;
  sweep.root = 2;
  const v1::Workload reduce = WorkloadOf(sweep, v1::COLLECTIVE_ALL_REDUCE, 4);
  EXPECT_EQ(reduce.op(), v1::REDUCE_OP_SUM);
  EXPECT_EQ(reduce.root(), -1);
  const v1::Workload broadcast = WorkloadOf(sweep, v1::COLLECTIVE_BROADCAST, 4);
  EXPECT_EQ(broadcast.op(), v1::REDUCE_OP_UNSPECIFIED);
  EXPECT_EQ(broadcast.root(), 2);
  EXPECT_EQ(broadcast.timing(), v1::TIMING_ISOLATED);
  EXPECT_EQ(broadcast.iterations(), 1);
}

}  // namespace
}  // namespace upfabric::daemon::cli
