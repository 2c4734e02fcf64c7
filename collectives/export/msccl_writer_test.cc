#include "collectives/export/msccl_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectives/import/msccl_xml.h"
#include "collectives/prove/prover.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool CanBeWritten(const AlgorithmInfo& info) {
  return !info.limits.needs_in_switch && info.collective != Collective::kSendRecv &&
         info.collective != Collective::kBarrier;
}

TEST(MscclWriterTest, WhatIsWrittenIsReadProvedRunAndWrittenAlike) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  int written = 0;
  for (const Algorithm* algorithm : registry.All()) {
    if (!CanBeWritten(algorithm->info())) {
      continue;
    }
    for (const int ranks : {2, 3, 4, 8}) {
      for (const auto& [count, in_place] :
           {std::pair{ranks, false}, {8 * ranks * 2048, false}, {8 * ranks * 2048, true}}) {
        if (!Serves(*algorithm, ranks)) {
          continue;
        }
        if (in_place && !algorithm->info().limits.in_place) {
          continue;
        }
        const CollectiveRequest request{.collective = algorithm->info().collective,
                                        .ranks = ranks,
                                        .count = count,
                                        .root = 0,
                                        .in_place = in_place};
        SCOPED_TRACE(RequestText(request, *algorithm));
        const auto text = WriteMscclXml(*algorithm, request);
        ASSERT_TRUE(text.ok()) << text.status();
        const auto imported = ReadMscclXml(*text);
        ASSERT_TRUE(imported.ok()) << imported.status();
        const Proof proof = Prove(**imported, (*imported)->SmallestRequest(in_place));
        ASSERT_THAT(proof.findings, IsEmpty()) << proof.findings.front().message;
        LocalPayloadTransport transport;
        JobOnFake run({.request = request, .algorithm = imported->get()}, {}, transport);
        ASSERT_EQ((*imported)->info().collective, request.collective);
        ASSERT_TRUE(run.job->finished());
        EXPECT_EQ(run.job->CountWrong(), 0);
        const auto again = WriteMscclXml(**imported, (*imported)->SmallestRequest(in_place));
        ASSERT_TRUE(again.ok()) << again.status();
        EXPECT_EQ(*again, *text);
        ++written;
      }
    }
  }
  EXPECT_GE(written, 80);
}

TEST(MscclWriterTest, WhatTheFormatCannotSayIsRefused) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const auto refusal = [&registry](Collective collective, std::string_view name, int root) {
    const CollectiveRequest request{
        .collective = collective, .ranks = 4, .count = 64, .root = root, .in_place = false};
    return std::string(
        WriteMscclXml(**registry.Find(collective, name), request).status().message());
  };
  EXPECT_THAT(refusal(Collective::kAllReduce, "in_switch", -1), HasSubstr("reduction in switches"));
  EXPECT_THAT(refusal(Collective::kSendRecv, "direct", -1), HasSubstr("no collective sendrecv"));
  EXPECT_THAT(refusal(Collective::kBarrier, "dissemination", -1), HasSubstr("collective barrier"));
  EXPECT_THAT(refusal(Collective::kBroadcast, "chain", 1), HasSubstr("broadcast of root 0 only"));
  EXPECT_THAT(refusal(Collective::kGather, "direct", 1), HasSubstr("gather of root 0 only"));
}

}  // namespace
}  // namespace upfabric::collectives
