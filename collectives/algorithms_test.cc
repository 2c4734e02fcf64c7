// Every built-in algorithm against the reference, on ports that deliver in random order.

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::upfabric::testing::FakeFabric;

// Whether the job ends with the right result and nothing left over, in full and sampled mode.
void ExpectRight(const CollectiveRequest& request, const Algorithm& algorithm, uint64_t seed) {
  for (const PayloadMode mode : {PayloadMode::kFull, PayloadMode::kSampled}) {
    SCOPED_TRACE(absl::StrCat(RequestText(request, algorithm), ", seed ", seed,
                              mode == PayloadMode::kSampled ? ", sampled" : ""));
    LocalPayloadTransport transport;
    const JobSpec spec{.request = request, .algorithm = &algorithm, .payload = mode, .seed = seed};
    JobOnFake run(spec, {.seed = seed}, transport);
    ASSERT_TRUE(run.job->finished()) << run.job->Autopsy().front();
    ASSERT_EQ(run.job->CountWrong(), 0);
    ASSERT_EQ(run.fabric.unclaimed(), 0);
    ASSERT_EQ(transport.held_count(), 0);
    ASSERT_TRUE(transport.DamagedMessages().empty());
  }
}

// All forms of a request that differ in place and root.
std::vector<CollectiveRequest> Forms(CollectiveRequest request, const AlgorithmInfo& info) {
  request.collective = info.collective;
  std::vector<CollectiveRequest> forms;
  const bool has_root = HasRoot(info.collective);
  for (const int root : std::set<int>{0, request.ranks / 2, request.ranks - 1}) {
    for (const bool in_place : {false, true}) {
      request.root = has_root ? root : -1;
      request.in_place = in_place;
      if (!in_place || info.limits.in_place) {
        forms.push_back(request);
      }
    }
    if (!has_root) {
      break;
    }
  }
  return forms;
}

TEST(AlgorithmsTest, EveryCountAndRankCountGivesTheReference) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 32, 72}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t count :
           std::set<int64_t>{0, 1, ranks - 1, ranks, ranks + 1, 2 * ranks + 3, 13, 101}) {
        for (const CollectiveRequest& request :
             Forms({.ranks = ranks, .count = count}, algorithm->info())) {
          ExpectRight(request, *algorithm, static_cast<uint64_t>(ranks * 1000 + count));
        }
      }
    }
  }
}

TEST(AlgorithmsTest, EveryTypeAndOperationGivesTheReference) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    for (const DataType type : kAllTypes) {
      for (const ReduceOp op : kAllOps) {
        for (const int ranks : {1, 2, 3, 5, 8, 72}) {
          if (!Serves(*algorithm, ranks) || (ranks > 5 && !IsCommon(type)) ||
              (op != ReduceOp::kSum && !Reduces(algorithm->info().collective))) {
            continue;
          }
          for (const CollectiveRequest& request :
               Forms({.type = type, .op = op, .ranks = ranks, .count = 2 * ranks + 1},
                     algorithm->info())) {
            ExpectRight(request, *algorithm, 7);
          }
        }
      }
    }
  }
}

TEST(AlgorithmsTest, LargeCountsUseManyChannelsAndPiecesAndGiveTheReference) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {2, 3, 7, 12}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const CollectiveRequest& request :
           Forms({.type = DataType::kBfloat16, .ranks = ranks, .count = 150'011},
                 algorithm->info())) {
        ExpectRight(request, *algorithm, 3);
      }
    }
  }
}

TEST(AlgorithmsTest, HundredsOfRanksGiveTheReferenceInTheNarrowestTypes) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const DataType type : {DataType::kFloat16, DataType::kBfloat16, DataType::kFloat8E4M3,
                              DataType::kFloat8E5M2, DataType::kInt8}) {
    for (const ReduceOp op : {ReduceOp::kSum, ReduceOp::kProd}) {
      for (const char* name : {"ring", "direct"}) {
        ExpectRight({.collective = Collective::kReduceScatter,
                     .type = type,
                     .op = op,
                     .ranks = 270,
                     .count = 3},
                    **registry.Find(Collective::kReduceScatter, name), 11);
      }
    }
  }
}

TEST(AlgorithmsTest, RangesStayInsideTheirBuffersAndConnectionsInsideTheirNumbers) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const auto check_range = [](const RankProgram& program, const Range& range) {
    ASSERT_GE(range.offset, 0);
    ASSERT_GE(range.count, 0);
    ASSERT_LE(range.offset + range.count,
              range.count == 0 ? range.offset : program.partition(range.buffer).count());
  };
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {1, 2, 3, 4, 7}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const CollectiveRequest& request :
           Forms({.ranks = ranks, .count = 100'003}, algorithm->info())) {
        SCOPED_TRACE(RequestText(request, *algorithm));
        for (int rank = 0; rank < ranks; ++rank) {
          const auto program = algorithm->MakeProgram(request, rank);
          ASSERT_LE(program->streams(), 256);
          ASSERT_EQ(program->partition(Buffer::kInput).count(), SendCount(request, rank));
          ASSERT_EQ(program->partition(Buffer::kOutput).count(), RecvCount(request, rank));
          for (int stream = 0; stream < program->streams(); ++stream) {
            for (int64_t index = 0; index < program->length(stream); ++index) {
              const Instruction instruction = program->At(stream, index);
              ASSERT_LT(instruction.sequence, program->sequences());
              check_range(*program, instruction.source);
              check_range(*program, instruction.operand);
              check_range(*program, instruction.target);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace upfabric::collectives
