#include "daemon/cli/commands.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "daemon/cli/nccl_command.h"
#include "daemon/solo_group.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

std::vector<std::string> Words(const std::string& line) {
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

Ended Upfabric(const std::string& line) {
  std::ostringstream out;
  std::ostringstream err;
  SoloGroup group;
  const Console console{.out = out, .err = err};
  const int code = RunUpfabric(Words(line), group, console);
  return {code, out.str(), err.str()};
}

std::string FileWith(const std::string& name, const std::string& text) {
  const std::string path = (std::filesystem::path(::testing::TempDir()) / name).string();
  std::ofstream(path) << text;
  return path;
}

using Variables = std::map<std::string, std::string>;

Ended RunNccl(const std::string& name, const std::string& line, const Variables& variables = {}) {
  std::ostringstream out;
  std::ostringstream err;
  SoloGroup group;
  const Console console{.out = out, .err = err};
  const auto variable = [&variables](const std::string& key) -> std::optional<std::string> {
    const auto found = variables.find(key);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  const int code = RunNcclProgram(*NcclProgramNamed(name), Words(line), variable, group, console);
  return {code, out.str(), err.str()};
}

void ExpectOneLine(const Ended& ended, int code, const std::string& part) {
  EXPECT_EQ(ended.code, code);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, HasSubstr(part));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST(RunCommandTest, GivesTheSameBytesAgain) {
  const std::string line =
      "run all_reduce --fabric hgx-h100 -b 8 -e 64K -f 8 --format json --seed 3";
  const Ended first = Upfabric(line);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, IsEmpty());
  EXPECT_THAT(first.out, StartsWith("{\"fabric\":\"hgx-h100\",\"ranks\":8,"));
  EXPECT_THAT(first.out, HasSubstr("\"wrong\":0}"));
  EXPECT_EQ(Upfabric(line).out, first.out);
}

TEST(RunCommandTest, EveryCollectiveIsRightOnEveryType) {
  for (const char* collective :
       {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "sendrecv"}) {
    for (const char* type : {"double", "float", "half", "bfloat16", "f8e4m3", "f8e5m2", "int8",
                             "uint8", "int32", "uint32", "int64", "uint64"}) {
      const Ended ended =
          Upfabric(absl::StrCat("run ", collective, " --fabric hgx-h100 -g 5 -b 1000 -e ",
                                "1000 -d ", type, " --format csv"));
      EXPECT_EQ(ended.code, 0) << collective << " " << type << ": " << ended.err;
      EXPECT_THAT(ended.out, HasSubstr(",0\n")) << collective << " " << type;
    }
  }
}

TEST(RunCommandTest, StatisticsGoToStderrAlone) {
  const Ended ended = Upfabric("run sendrecv --fabric hgx-h100 -b 8 -e 8 --stats --format csv");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("# wall "));
  EXPECT_THAT(ended.out, Not(HasSubstr("wall")));
}

std::string Written(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "/upfabric_" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(RunCommandTest, RepeatsWithTheFaultsThatItRecorded) {
  const std::string faults = Written("faults.yaml",
                                     "faults:\n"
                                     "  - {time: 3us, link_down: {endpoint: 3, link: 5}}\n"
                                     "  - {row: 2, time: 1us, plane_down: {plane: 1}}\n");
  const std::string recorded = Written("recorded.json", "");
  const std::string line = "run all_reduce --fabric hgx-h100 -b 64K -e 1M -f 4 --format json ";
  const Ended first = Upfabric(line + "--faults " + faults + " --record-faults " + recorded);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("\"faults\":[\n{\"time\":\"3us\",\"link_down\":"));
  EXPECT_EQ(Upfabric(line + "--faults " + recorded).out, first.out);
  EXPECT_NE(Upfabric(line).out.substr(0, 200), first.out.substr(0, 200));
}

TEST(RunCommandTest, BadFaultsAreOneLineAndExitCodeTwo) {
  const std::string run = "run all_reduce --fabric hgx-h100 -b 64K -e 64K --faults ";
  ExpectOneLine(Upfabric(run + Written("a.yaml", "faults:\n  - {time: 3us}\n")), 2,
                "upfabric_a.yaml:2: faults[0]: says nothing");
  ExpectOneLine(Upfabric(run + Written("b.yaml", "faults:\n  - {tmie: 3us}\n")), 2,
                "upfabric_b.yaml:2: ");
  ExpectOneLine(Upfabric(run + Written("c.yaml",
                                       "faults:\n"
                                       "  - {time: 3us, link_up: {endpoint: 8, link: 5}}\n")),
                2, "--faults: faults[0]: endpoint 8 is out of range; allowed is 0 to 7");
  ExpectOneLine(Upfabric(run + "/nowhere/f.yaml"), 2, "/nowhere/f.yaml: cannot be read");
  ExpectOneLine(
      Upfabric(run +
               Written("d.yaml", "faults:\n  - {time: 3us, link_up: {endpoint: 0, link: 5}}\n") +
               " --record-faults /nowhere/f.json"),
      2, "--record-faults: cannot write /nowhere/f.json");
  ExpectOneLine(
      Upfabric(run + Written("d.yaml", "faults:\n  - {time: 0ps, plane_down: {plane: 1}}\n") +
               " --algorithm in_switch"),
      2, "faults: links and planes that go down or up are not modelled where switches");
}

TEST(RunCommandTest, BadInputIsOneLineAndExitCodeTwo) {
  ExpectOneLine(Upfabric("run all_reduce --fabric nosuch"), 2, "`upfabric presets` lists");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 -b 1X"), 2, "-b: ");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 -g 9"), 2, "9");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 --endpoints 0,8"), 2, "--endpoints");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 --algorithm nosuch"), 2, "ring");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 --software nosuch"), 2, "ideal");
  ExpectOneLine(Upfabric("run broadcast --fabric hgx-h100 --root 8"), 2, "root");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 --granularity flit"), 2, "train");
}

TEST(RunCommandTest, NobodyAtTheAddressIsExitCodeThree) {
  ExpectOneLine(Upfabric("run all_reduce --connect 127.0.0.1:1"), 3, "127.0.0.1:1");
  ExpectOneLine(Upfabric("status --connect 127.0.0.1:1"), 3, "127.0.0.1:1");
  ExpectOneLine(Upfabric("stop --connect 127.0.0.1:1"), 3, "127.0.0.1:1");
  ExpectOneLine(Upfabric("status --connect nonsense"), 2, "--connect");
}

TEST(CompareCommandTest, UsesTheRanksOfTheSmallestFabric) {
  const Ended ended = Upfabric(
      "compare all_reduce,all_to_all --fabric hgx-h100 --fabric ualink-pod-72 -b 1K -e 64K -f 8");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("8 ranks, software ideal for every fabric"));
  EXPECT_THAT(ended.out, HasSubstr("why, all_to_all: ualink-pod-72 (B) against hgx-h100 (A)"));
  for (const auto& line : absl::StrSplit(ended.out, '\n')) {
    EXPECT_LE(line.size(), 120U) << line;
  }
}

TEST(ListingCommandsTest, PresetsShowAndAlgorithms) {
  EXPECT_THAT(Upfabric("presets").out, HasSubstr("ualink-pod-72"));
  EXPECT_THAT(Upfabric("show gb200-nvl72").out, HasSubstr("derived"));
  EXPECT_THAT(Upfabric("algorithms all_reduce").out, HasSubstr("ring"));
  EXPECT_THAT(Upfabric("algorithms all_reduce").out, Not(HasSubstr("all_gather ")));
  ExpectOneLine(Upfabric("show nosuch"), 2, "nosuch");
  EXPECT_EQ(Upfabric("--help").code, 0);
}

TEST(ListingCommandsTest, SourcesOfEveryPreset) {
  const Ended sources = Upfabric("presets --sources");
  EXPECT_EQ(sources.code, 0);
  EXPECT_THAT(sources.out, HasSubstr("UALINK-200-1.0"));
  EXPECT_THAT(sources.out, HasSubstr("hgx-h100"));
  ExpectOneLine(Upfabric("presets --sources --format json"), 2, "--sources with --format json");
}

// UALink has no collectives in its switches; the variant gives it some, all estimated.
TEST(RunCommandTest, AVariantMakesSwitchesReduce) {
  const std::string flags = " --algorithm in_switch -b 64K -e 64K --format csv";
  ExpectOneLine(Upfabric("run all_reduce --fabric ualink-pod-8" + flags), 2, "in_switch");
  EXPECT_EQ(Upfabric("run all_reduce --fabric ualink-pod-8@inc" + flags).code, 0);
}

// What stays in a pod is known to be fast: 478 us, and the cheapest flat ring takes 1,268.
TEST(RunCommandTest, AutoKeepsMostBytesInsidePods) {
  const Ended run = Upfabric(
      "run all_reduce --fabric hgx-h100@ib-ndr-8x400 -b 64M -e 64M --payload none -c 0 --format "
      "csv");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("hierarchical"));
}

TEST(ListingCommandsTest, WhatIsTooLargeToRunIsAnalysed) {
  ExpectOneLine(Upfabric("run all_reduce --fabric colossus-100k -b 1M -e 1M"), 2, "too many");
  ExpectOneLine(Upfabric("compare all_reduce --fabric colossus-100k --fabric colossus-1k -b 1M"), 2,
                "too many");
}

// 33 routers on the longest way; the parts still make the sum.
TEST(ListingCommandsTest, ALongPathShowsWhatIsAlikeOnce) {
  const Ended shown = Upfabric("show tpu7x");
  EXPECT_THAT(shown.out, HasSubstr("switch 1 pipeline and 32 alike          26400.000"));
  EXPECT_THAT(shown.out, HasSubstr("sum, before serialization               28544.400"));
  EXPECT_THAT(Upfabric("show gb200-nvl72").out, Not(HasSubstr("alike")));
}

TEST(ImportCommandTest, WhatIsImportedRuns) {
  const std::string example = absl::StrCat(UPF_TESTDATA, "/../../docs/examples/h100-topo");
  const Ended imported = Upfabric(absl::StrCat("import ", example, ".xml"));
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("id: \"h100-topo\""));
  const std::string file = FileWith("imported.yaml", imported.out);
  const std::string flags = " -b 64K -e 64K --format json";
  const Ended run = Upfabric(absl::StrCat("run all_reduce --fabric ", file, flags));
  ASSERT_EQ(run.code, 0) << run.err;
  // The file and the preset say the same of this board.
  EXPECT_EQ(absl::StrReplaceAll(run.out, {{"h100-topo", "hgx-h100"}}),
            Upfabric(absl::StrCat("run all_reduce --fabric hgx-h100", flags)).out);
  ExpectOneLine(Upfabric(absl::StrCat("import ", example, ".txt")), 2, "--base: missing");
  ExpectOneLine(Upfabric("import " + FileWith("bad.txt", "GPU0 GPU1\nGPU0 X\n")), 2,
                "bad.txt:2: GPU0 has 1 cells");
  ExpectOneLine(Upfabric("import nothing.xml"), 2, "nothing.xml: cannot be read");
}

TEST(NcclCommandTest, RunsWithTheFabricOfTheFlagOrOfTheVariable) {
  const Ended by_flag = RunNccl("all_reduce_perf", "-g 8 -b 1K -e 4K -f 4 --fabric hgx-h100 -n 3");
  EXPECT_EQ(by_flag.code, 0) << by_flag.err;
  EXPECT_THAT(by_flag.out, StartsWith("# nccl-tests version 2.19.6"));
  EXPECT_THAT(by_flag.out, HasSubstr("# Out of bounds values : 0 OK"));
  const Ended by_variable =
      RunNccl("all_reduce_perf", "-g 8 -b 1K -e 4K -f 4 -n 3", {{"UPFABRIC_FABRIC", "hgx-h100"}});
  EXPECT_EQ(by_variable.out, by_flag.out);
}

TEST(RunCommandTest, RootedCollectivesAndABarrierAreRight) {
  for (const char* collective : {"reduce", "gather", "scatter"}) {
    const Ended ended =
        Upfabric(std::string("run ") + collective +
                 " --fabric hgx-h100 --root 5 -b 64K -e 64K --payload full --format csv");
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("\n65536,")) << collective;
    EXPECT_THAT(ended.out, ::testing::EndsWith(",0\n")) << collective;
  }
  ExpectOneLine(Upfabric("run gather --fabric hgx-h100 --root 8"), 2, "--root: 8");
  // A barrier has one row, of no size.
  const Ended barrier = Upfabric("run barrier --fabric hgx-h100 -b 8 -e 1G -f 2 --format csv");
  EXPECT_EQ(barrier.code, 0) << barrier.err;
  EXPECT_THAT(barrier.out, HasSubstr("\n0,0,float,none,dissemination,-,full,"));
  EXPECT_EQ(std::count(barrier.out.begin(), barrier.out.end(), '\n'), 2);
}

TEST(NcclCommandTest, EveryImplementedProgramIsRight) {
  for (const char* program :
       {"all_gather_perf", "reduce_scatter_perf", "alltoall_perf", "broadcast_perf",
        "sendrecv_perf", "reduce_perf", "gather_perf", "scatter_perf"}) {
    const Ended ended = RunNccl(program, "-g 4 -b 1K -e 1K --fabric hgx-h100 -n 2 -w 1");
    EXPECT_EQ(ended.code, 0) << program << ": " << ended.err << ended.out;
  }
}

TEST(NcclCommandTest, GatherCountsTheBlocksOfAllRanksAndSweepsRoots) {
  const Ended ended = RunNccl("gather_perf", "-g 4 -b 1K -e 1K -r -1 --fabric hgx-h100 -n 1 -w 0");
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* row : {"1024            64     float    none       0",
                          "1024            64     float    none       3"}) {
    EXPECT_THAT(ended.out, HasSubstr(row));
  }
}

TEST(NcclCommandTest, MissingFabricNamesFlagAndVariable) {
  const Ended ended = RunNccl("all_reduce_perf", "-g 8");
  ExpectOneLine(ended, 2, "--fabric: missing");
  EXPECT_THAT(ended.err, HasSubstr("UPFABRIC_FABRIC"));
}

TEST(NcclCommandTest, CollectivesThatDoNotExistYetSaySo) {
  for (const char* program : {"alltoallv_perf", "hypercube_perf"}) {
    ExpectOneLine(RunNccl(program, "-b 8 -e 1G -f 2 -g 8 --fabric hgx-h100"), 2,
                  "not implemented yet");
    ExpectOneLine(RunNccl(program, "-b 1X"), 2, "-b: ");
  }
}

TEST(NcclCommandTest, BandwidthGateDecidesTheExitCode) {
  const std::string flags = "-g 8 -b 64K -e 64K --fabric hgx-h100 -n 2";
  const Ended failed = RunNccl("all_reduce_perf", flags, {{"NCCL_TESTS_MIN_BW", "100000"}});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.out, HasSubstr(" FAILED\n"));
  EXPECT_EQ(RunNccl("all_reduce_perf", flags, {{"NCCL_TESTS_MIN_BW", "0.001"}}).code, 0);
  ExpectOneLine(RunNccl("all_reduce_perf", flags, {{"NCCL_TESTS_MIN_BW", "fast"}}), 2,
                "NCCL_TESTS_MIN_BW");
}

std::string Testdata(const std::string& name) { return absl::StrCat(UPF_TESTDATA, "/", name); }

// A file of a test's own: the ring of two ranks with one word changed everywhere.
std::string ChangedRing(const std::string& name, const std::string& from, const std::string& to) {
  std::stringstream text;
  text << std::ifstream(Testdata("all_reduce_ring_2.xml")).rdbuf();
  const std::string path = (std::filesystem::path(::testing::TempDir()) / name).string();
  std::ofstream(path) << absl::StrReplaceAll(text.str(), {{from, to}});
  return path;
}

TEST(AlgorithmFileTest, CheckSaysWhatIsProvedAndWhatIsNot) {
  const std::string good = Testdata("all_reduce_ring_2.xml");
  const Ended proved = Upfabric("check " + good);
  EXPECT_EQ(proved.code, 0) << proved.err;
  EXPECT_THAT(proved.out, HasSubstr("in place: proved; 2 slots"));
  EXPECT_THAT(proved.err, IsEmpty());
  const std::string bad = ChangedRing("upf_bad.xml", "rrcs", "rcs");
  const Ended refused = Upfabric("check " + bad);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, StartsWith(bad + ":6: gpu 0 tb 0 step 2: output[0] of rank 0 holds"));
  ExpectOneLine(Upfabric("check " + good + " -g 3"), 2, "-g: 3 ranks");
  ExpectOneLine(Upfabric("check /nonexistent.xml"), 2, "/nonexistent.xml: cannot be read");
  ExpectOneLine(Upfabric("check /dev/zero"), 2, "/dev/zero: is too large");
  const std::string unread = ChangedRing("upf_unread.xml", "\"rrcs\"", "\"rr\"");
  ExpectOneLine(Upfabric("check " + unread), 2, unread + ":5: step type is \"rr\"");
}

TEST(AlgorithmFileTest, WhatIsExportedCanBeCheckedAndRun) {
  const Ended text = Upfabric("export all_gather --algorithm ring -g 4 -b 1M --in-place");
  EXPECT_EQ(text.code, 0) << text.err;
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "upf_out.xml").string();
  std::ofstream(path) << text.out;
  EXPECT_THAT(Upfabric("check " + path).out, HasSubstr("in place: proved"));
  const Ended run =
      Upfabric("run all_gather -g 4 --fabric hgx-h100 -b 1M -e 1M --algorithm " + path);
  EXPECT_EQ(run.code, 0) << run.err;
  ExpectOneLine(Upfabric("export all_reduce --algorithm in_switch -g 4"), 2, "no reduction");
  ExpectOneLine(Upfabric("export all_reduce --algorithm nosuch -g 4"), 2, "ring");
  ExpectOneLine(Upfabric("export all_reduce --algorithm ring -g 4000"), 2, "up to 256");
  ExpectOneLine(Upfabric("export all_reduce --algorithm auto -g 4"), 2, "ring");
}

TEST(AlgorithmFileTest, RunTakesAFileAfterItsProof) {
  const std::string run = "run all_reduce --fabric hgx-h100 -b 1000 -e 1000 --format csv -g 2 ";
  const Ended right = Upfabric(run + "--algorithm " + Testdata("all_reduce_ring_2.xml"));
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_THAT(right.out, HasSubstr("ring2"));
  const std::string bad = ChangedRing("upf_bad_run.xml", "rrcs", "rcs");
  ExpectOneLine(Upfabric(run + "--algorithm " + bad), 1, bad + ":6: ");
  EXPECT_EQ(Upfabric(run + "--no-prove --algorithm " + bad).code, 1);
  const std::string stuck = ChangedRing("upf_stuck.xml", "type=\"s\"", "type=\"r\"");
  ExpectOneLine(Upfabric(run + "--algorithm " + stuck), 1, "a cycle, deadlock");
  const Ended hung = Upfabric(run + "--no-prove --algorithm " + stuck);
  EXPECT_EQ(hung.code, 4);
  EXPECT_THAT(hung.err, HasSubstr("waits for message"));
  // It needs two slots. With one the autopsy names the cycle, and the line.
  const std::string one = run + "--slots 1 --algorithm " + Testdata("all_reduce_ring_2.xml");
  ExpectOneLine(Upfabric(one), 1, "needs 2 slots for each connection, and --slots gives 1: rank 0");
  const Ended one_slot = Upfabric(one + " --no-prove");
  EXPECT_EQ(one_slot.code, 4);
  EXPECT_THAT(one_slot.err, HasSubstr("all_reduce_ring_2.xml:5: gpu 0 tb 0 step 1: "));
  EXPECT_THAT(one_slot.err, HasSubstr("a cycle, deadlock"));
  EXPECT_THAT(one_slot.err, HasSubstr("waits for one of 1 slots"));
  EXPECT_EQ(Upfabric(run + "--slots 2 --algorithm " + Testdata("all_reduce_ring_2.xml")).code, 0);
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 --slots 2"), 2, "--slots: 2; allowed");
  ExpectOneLine(Upfabric("run all_reduce --fabric hgx-h100 -g 3 --algorithm " +
                         Testdata("all_reduce_ring_2.xml")),
                2, "is all_reduce of 2 ranks, not all_reduce of 3");
}

TEST(NcclCommandTest, TooManyRanksAreBadInput) {
  ExpectOneLine(RunNccl("all_reduce_perf", "-g 73 --fabric gb200-nvl72 -b 8 -e 8"), 2, "73 ranks");
}

TEST(NcclCommandTest, OtherRowsThatCannotRunAreRefusedBeforeTheTable) {
  ExpectOneLine(RunNccl("broadcast_perf", "-g 8 -r 8 --fabric hgx-h100"), 2, "root");
  ExpectOneLine(RunNccl("all_reduce_perf", "-g 8 --algorithm nosuch --fabric hgx-h100"), 2, "ring");
  ExpectOneLine(RunNccl("all_reduce_perf", "-g 8 --software nosuch --fabric hgx-h100"), 2, "ideal");
}

TEST(NcclCommandTest, JsonReportsAreNeverOverwritten) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "upf_cli_nccl_json";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "report.json").string();
  const std::string flags = "-g 2 -b 8 -e 8 -n 1 --fabric hgx-h100 -J " + file;
  EXPECT_EQ(RunNccl("sendrecv_perf", flags).code, 0);
  EXPECT_EQ(RunNccl("sendrecv_perf", flags).code, 0);
  for (const std::string& name : {file, file + ".0"}) {
    std::stringstream text;
    text << std::ifstream(name).rdbuf();
    google::protobuf::Struct parsed;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text.str(), &parsed).ok()) << name;
    EXPECT_EQ(parsed.fields().at("version").number_value(), 3);
  }
  ExpectOneLine(RunNccl("sendrecv_perf", "-g 2 --fabric hgx-h100 -J /nonexistent/r.json"), 2,
                "-J /nonexistent/r.json");
  const std::string unused = (folder / "unused.json").string();
  EXPECT_EQ(RunNccl("sendrecv_perf", "-g 9 --fabric hgx-h100 -J " + unused).code, 2);
  EXPECT_FALSE(std::filesystem::exists(unused));
  std::filesystem::remove_all(folder);
}

TEST(MatrixTest, RunsAndComparesWithItsOwnSizes) {
  const std::string path = FileWith("upf_matrix.txt", "0 4096\n64 0\n");
  const std::string flags = " --fabric hgx-h100 --matrix " + path;
  const Ended ran = Upfabric("run all_to_all" + flags + " --format csv");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\n4096,512,float,none,direct,"));
  EXPECT_EQ(Upfabric("compare all_to_all --fabric mi300x-oam8" + flags).code, 0);
  ExpectOneLine(Upfabric("run all_to_all -b 8" + flags), 2, "--matrix with -b");
  ExpectOneLine(Upfabric("run all_gather" + flags), 2, "--matrix: allowed for all_to_all");
  ExpectOneLine(Upfabric("run all_to_all --software nccl" + flags), 2, "--matrix: allowed");
  ExpectOneLine(Upfabric("run all_to_all -d half --fabric hgx-h100 --matrix " +
                         FileWith("upf_odd.txt", "0 3\n2 0\n")),
                2, "upf_odd.txt:1: column 2: 3 bytes are no whole elements of half");
}

TEST(ScenarioTest, WhatWasDumpedRunsAgain) {
  const std::string flags =
      "all_reduce --fabric hgx-h100 -b 1K -e 4K -f 2 -g 5 --seed 9 --skew 2=1us";
  const Ended dumped = Upfabric("run " + flags + " --dump-scenario");
  ASSERT_EQ(dumped.code, 0) << dumped.err;
  const std::string path = FileWith("dumped.yaml", dumped.out);
  const Ended again = Upfabric("run --scenario " + path + " --format json");
  EXPECT_EQ(again.err, "");
  EXPECT_EQ(again.out, Upfabric("run " + flags + " --format json").out);
  ExpectOneLine(Upfabric("run all_reduce --connect 127.0.0.1:1 --dump-scenario"), 2,
                "--dump-scenario with --connect");
}

TEST(ScenarioTest, AFileNeedsOnlyWhatDiffersFromTheFlagsDefaults) {
  const std::string path = FileWith("short.yaml",
                                    "fabric: {base: hgx-h100}\n"
                                    "workload:\n"
                                    "  collective: COLLECTIVE_ALL_GATHER\n"
                                    "  sizes_bytes: [1024]\n");
  const Ended ran = Upfabric("run --scenario " + path + " --format json");
  EXPECT_EQ(ran.out, Upfabric("run all_gather --fabric hgx-h100 -b 1K -e 1K --format json").out);
}

TEST(ScenarioTest, TasksAreRowsOfTheTable) {
  const std::string path =
      FileWith("tasks.yaml",
               "workload:\n"
               "  tasks:\n"
               "    - {name: first, collective: COLLECTIVE_ALL_REDUCE, bytes: 1024}\n"
               "    - {name: then, collective: COLLECTIVE_BARRIER, after: [first]}\n");
  const Ended ran = Upfabric("run --fabric hgx-h100 --scenario " + path);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("# upfabric run: hgx-h100, 2 tasks on 8 endpoints"));
  EXPECT_THAT(ran.out, HasSubstr("\n  then   barrier         8     0  dissemination  "));
  EXPECT_EQ(Upfabric("run --scenario " + path).code, 2);
  EXPECT_THAT(Upfabric("run --scenario " + path).err, HasSubstr("has no fabric; allowed then"));
  EXPECT_THAT(Upfabric("run --fabric hgx-h100 -b 1K --scenario " + path).err,
              StartsWith("upfabric: --scenario with --minbytes: the file says what to run"));
}

}  // namespace
}  // namespace upfabric::daemon::cli
