#include "collectives/import/msccl_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "collectives/prove/prover.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string FileText(const std::string& name) {
  std::ifstream file(absl::StrCat(UPF_TESTDATA, "/", name));
  return {std::istreambuf_iterator<char>(file), {}};
}

// The ring of two ranks with a change in one line, counted from 1.
std::string Changed(size_t line, const std::string& from, const std::string& to) {
  std::vector<std::string> lines = absl::StrSplit(FileText("all_reduce_ring_2.xml"), '\n');
  const std::string before = lines[line - 1];
  lines[line - 1] = absl::StrReplaceAll(before, {{from, to}});
  EXPECT_NE(lines[line - 1], before);
  return absl::StrJoin(lines, "\n");
}

std::string Refusal(const std::string& text) {
  return std::string(ReadMscclXml(text).status().message());
}

// What the prover says first, with the line of the file before it.
std::string Finding(const std::string& text) {
  const auto algorithm = ReadMscclXml(text);
  if (!algorithm.ok()) {
    return std::string(algorithm.status().message());
  }
  const Proof proof = Prove(**algorithm, (*algorithm)->SmallestRequest(true));
  if (proof.findings.empty()) {
    return "";
  }
  const auto& first = proof.findings.front();
  return absl::StrCat((*algorithm)->PlaceOf(first.rank, first.stream, first.index).line, ": ",
                      first.message);
}

std::vector<std::string> Warnings(const std::string& text) {
  std::vector<std::string> lines;
  const auto algorithm = ReadMscclXml(text);
  EXPECT_TRUE(algorithm.ok()) << algorithm.status();
  for (const ImportWarning& warning : (*algorithm)->warnings()) {
    lines.push_back(absl::StrCat(warning.line, ": ", warning.message));
  }
  return lines;
}

// Empty gpu elements.
std::string Gpus(int first, int end) {
  std::string text;
  for (int id = first; id < end; ++id) {
    absl::StrAppend(&text, "<gpu id=\"", id, "\" i_chunks=\"0\" o_chunks=\"0\" s_chunks=\"0\"/>");
  }
  return text;
}

struct GoodFile {
  const char* name;
  int slots;
};

TEST(MscclXmlTest, GoodFilesAreProvedAndRun) {
  for (const GoodFile& file :
       {GoodFile{"all_reduce_ring_4.xml", 2}, GoodFile{"all_reduce_ring_8.xml", 2},
        GoodFile{"all_reduce_allpairs_4.xml", 1}, GoodFile{"all_reduce_hierarchical_8.xml", 1},
        GoodFile{"all_to_all_two_step_4.xml", 2}}) {
    SCOPED_TRACE(file.name);
    const auto algorithm = ReadMscclXml(FileText(file.name));
    ASSERT_TRUE(algorithm.ok()) << algorithm.status();
    EXPECT_THAT((*algorithm)->warnings(), IsEmpty());
    CollectiveRequest request = (*algorithm)->SmallestRequest((*algorithm)->serves_in_place());
    const Proof proof = Prove(**algorithm, request);
    EXPECT_THAT(proof.findings, IsEmpty()) << proof.findings.front().message;
    EXPECT_EQ(proof.slots, file.slots);
    request.count *= 5;
    for (const PayloadMode mode : {PayloadMode::kFull, PayloadMode::kSampled}) {
      LocalPayloadTransport transport;
      JobOnFake run({.request = request, .algorithm = algorithm->get(), .payload = mode}, {},
                    transport);
      ASSERT_TRUE(run.job->finished());
      EXPECT_EQ(run.job->CountWrong(), 0);
    }
  }
}

TEST(MscclXmlTest, AStepThatForwardsIsTwoInstructionsOfOneLine) {
  const auto algorithm = ReadMscclXml(FileText("all_reduce_ring_2.xml"));
  ASSERT_TRUE(algorithm.ok()) << algorithm.status();
  const auto program = (*algorithm)->MakeProgram((*algorithm)->SmallestRequest(true), 0);
  ASSERT_EQ(program->length(0), 4);
  EXPECT_EQ(program->At(0, 1).op, OpCode::kRecvReduce);
  EXPECT_TRUE(program->At(0, 1).forwards);
  EXPECT_EQ(program->At(0, 2).op, OpCode::kSend);
  EXPECT_EQ((*algorithm)->PlaceOf(0, 0, 2).line, 5);
  EXPECT_EQ((*algorithm)->PlaceOf(0, 0, 2).step, 1);
  EXPECT_EQ(Finding(FileText("all_reduce_ring_2.xml")), "");
}

TEST(MscclXmlTest, BrokenFilesAreRefusedWithTheirLine) {
  EXPECT_EQ(Refusal("<algo"), "1: is not well-formed XML");
  EXPECT_THAT(Refusal("<x/>"), StartsWith("1: no algo element"));
  EXPECT_EQ(Refusal(Changed(1, "\"allreduce\"", "\"allreduced\"")),
            "1: algo coll is \"allreduced\"; allowed: allreduce, allgather, reducescatter, "
            "reduce_scatter, alltoall, broadcast, reduce, gather, scatter");
  EXPECT_EQ(Refusal(Changed(1, "ngpus=\"2\"", "ngpus=\"3\"")),
            "1: no gpu element of id 2; allowed: one for each of ngpus=3");
  EXPECT_EQ(Refusal(Changed(1, "inplace=\"1\"", "inplace=\"0\" outofplace=\"0\"")),
            "1: inplace and outofplace are 0; allowed: at least one is 1");
  EXPECT_EQ(Refusal(Changed(9, "id=\"1\"", "id=\"0\"")),
            "9: gpu 0 is there twice, first in line 2");
  EXPECT_EQ(Refusal(Changed(3, "send=\"1\"", "send=\"0\"")),
            "3: tb of gpu 0 has its own gpu as peer");
  EXPECT_EQ(Refusal(Changed(3, "chan=\"0\"", "chan=\"1\"")),
            "3: tb chan is \"1\"; allowed: 0 to 0");
  EXPECT_EQ(Refusal(Changed(10, "recv=\"0\"", "recv=\"-1\"")),
            "12: step receives, but its tb has recv=\"-1\"");
  EXPECT_THAT(Refusal(Changed(5, "rrcs", "rrcx")), StartsWith("5: step type is \"rrcx\"; allowed"));
  EXPECT_EQ(Refusal(Changed(6, "dstoff=\"0\"", "dstoff=\"2\"")),
            "6: dstoff 2 and cnt 1 reach beyond the 2 chunks of buffer i");
  EXPECT_EQ(Refusal(Changed(6, "cnt=\"1\"", "cnt=\"x\"")),
            "6: step cnt is \"x\"; allowed: 0 to 1048576");
  EXPECT_EQ(Refusal(Changed(11, "depid=\"-1\" deps=\"-1\"", "depid=\"4\" deps=\"0\"")),
            "11: depid is 4, but this gpu has no such tb");
  EXPECT_EQ(Refusal(Changed(11, " hasdep=\"0\"", "")), "11: step has no attribute hasdep");
  EXPECT_EQ(Refusal(Changed(1, "nchunksperloop=\"2\"", "nchunksperloop=\"1048576\"")), "");
  EXPECT_THAT(
      Refusal(absl::StrReplaceAll(
          Changed(1, "nchunksperloop=\"2\"", "nchunksperloop=\"1048576\""),
          {{"ngpus=\"2\"", "ngpus=\"9\""}, {"</algo>", absl::StrCat(Gpus(2, 9), "</algo>")}})),
      HasSubstr("chunks; allowed: 16777216"));
  EXPECT_EQ(Refusal(Changed(5, "s=\"1\"", "s=\"0\"")), "5: step 0 is there twice in its tb");
}

TEST(MscclXmlTest, WrongProgramsAreRefusedWithTheirLine) {
  // A chunk is overwritten, one is not reduced, the wrong one is sent, nobody takes a message.
  EXPECT_THAT(Finding(Changed(12, "rrcs", "rcs")), StartsWith("6: output[0] of rank 0 holds"));
  EXPECT_THAT(Finding(Changed(4, "srcoff=\"0\"", "srcoff=\"1\"")), HasSubstr("of rank 0 holds"));
  EXPECT_THAT(Finding(Changed(13, "type=\"r\"", "type=\"cpy\"")),
              StartsWith("5: rank 0 stream 0 instruction 2"));
  EXPECT_THAT(Finding(Changed(4, "type=\"s\"", "type=\"r\"")), HasSubstr("a cycle, deadlock"));
  EXPECT_THAT(Finding(Changed(12, "rrcs", "rrc")),
              HasSubstr("waits for a message that nobody sends"));
}

TEST(MscclXmlTest, WhatIsStrangeIsAWarning) {
  EXPECT_THAT(Warnings(Changed(2, "<gpu", "<gpu color=\"red\"")),
              ElementsAre("2: unknown attribute color of gpu is ignored"));
  EXPECT_THAT(Warnings(Changed(5, "s=\"1\"", "s=\"7\"")),
              ElementsAre("5: step s is 7, but it is number 1 of its tb: steps run in the order of "
                          "the file"));
  EXPECT_THAT(
      Warnings(Changed(10, "id=\"0\"", "id=\"3\"")),
      ElementsAre("10: tb id is 3, not 0: runtimes want ids from 0 without gaps, in order"));
  EXPECT_THAT(
      Warnings(Changed(8, "</gpu>", "<tb id=\"1\" send=\"-1\" recv=\"-1\" chan=\"0\"/></gpu>")),
      ElementsAre("8: tb has no step"));
  EXPECT_THAT(
      Warnings(Changed(5, "depid=\"-1\" deps=\"-1\"", "depid=\"0\" deps=\"0\"")),
      ElementsAre("4: another step waits for this one, but hasdep is 0: runtimes then hang"));
}

}  // namespace
}  // namespace upfabric::collectives
