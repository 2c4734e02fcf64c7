#include "collectives/prove/prover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <tuple>
#include <utility>

#include "collectives/import/msccl_xml.h"
#include "tests/testing/job_on_fake.h"
#include "tests/testing/seed_range.h"

namespace upfabric::collectives {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A program held as its instructions, so that a test can write or break it.
struct Listed {
  std::vector<std::vector<Instruction>> streams;
  uint32_t sequences = 1;
  std::array<Partition, 3> partitions;
  std::vector<Exposure> exposures;
};

class ListedProgram final : public RankProgram {
 public:
  explicit ListedProgram(const Listed& listed) : listed_(listed) {}
  int streams() const override { return static_cast<int>(listed_.streams.size()); }
  int64_t length(int stream) const override {
    return static_cast<int64_t>(listed_.streams[static_cast<size_t>(stream)].size());
  }
  Instruction At(int stream, int64_t index) const override {
    return listed_.streams[static_cast<size_t>(stream)][static_cast<size_t>(index)];
  }
  int64_t exposures() const override { return static_cast<int64_t>(listed_.exposures.size()); }
  Exposure ExposureAt(int64_t index) const override {
    return listed_.exposures[static_cast<size_t>(index)];
  }
  uint32_t sequences() const override { return listed_.sequences; }
  Partition partition(Buffer buffer) const override {
    return listed_.partitions[static_cast<size_t>(buffer)];
  }

 private:
  const Listed& listed_;
};

class ListedAlgorithm final : public Algorithm {
 public:
  explicit ListedAlgorithm(Collective collective)
      : info_{.name = "listed", .collective = collective, .description = "of a test"} {}
  ListedAlgorithm(const Algorithm& algorithm, const CollectiveRequest& request)
      : ListedAlgorithm(request.collective) {
    for (int rank = 0; rank < request.ranks; ++rank) {
      const auto program = algorithm.MakeProgram(request, rank);
      Listed& listed = ranks.emplace_back();
      listed.sequences = program->sequences();
      for (const Buffer buffer : {Buffer::kInput, Buffer::kOutput, Buffer::kScratch}) {
        listed.partitions[static_cast<size_t>(buffer)] = program->partition(buffer);
      }
      for (int64_t i = 0; i < program->exposures(); ++i) {
        listed.exposures.push_back(program->ExposureAt(i));
      }
      for (int stream = 0; stream < program->streams(); ++stream) {
        std::vector<Instruction>& instructions = listed.streams.emplace_back();
        for (int64_t i = 0; i < program->length(stream); ++i) {
          instructions.push_back(program->At(stream, i));
        }
      }
    }
  }

  const AlgorithmInfo& info() const override { return info_; }
  std::unique_ptr<RankProgram> MakeProgram(const CollectiveRequest&, int rank) const override {
    return std::make_unique<ListedProgram>(ranks[static_cast<size_t>(rank)]);
  }
  Picoseconds Cost(const CollectiveRequest&, const fabric::FabricView&) const override {
    return Picoseconds(0);
  }

  std::vector<Listed> ranks;

 private:
  AlgorithmInfo info_;
};

TEST(ProverTest, EveryBuiltinIsProvedForAllRankCounts) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    const AlgorithmInfo& info = algorithm->info();
    for (const int ranks : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 32}) {
      for (const int64_t count : {0, 1, ranks + 1, 40'000 / ranks}) {
        for (const bool in_place : {false, true}) {
          if (!Serves(*algorithm, ranks) || (in_place && !info.limits.in_place) ||
              (ranks > 9 && count > 2 * ranks)) {
            continue;
          }
          const CollectiveRequest request{.collective = info.collective,
                                          .ranks = ranks,
                                          .count = count,
                                          .root = ranks / 2,
                                          .in_place = in_place};
          const Proof proof = Prove(*algorithm, request);
          EXPECT_THAT(proof.findings, IsEmpty())
              << RequestText(request, *algorithm) << ": " << proof.findings.front().message;
          // Nobody reads what a request of a remote read brings: it only orders.
          if (info.name != "read") {
            EXPECT_THAT(proof.unused, IsEmpty()) << RequestText(request, *algorithm);
          }
          EXPECT_GE(proof.slots, 1);
        }
      }
    }
  }
}

// Two ranks exchange halves through one connection each way.
class PairTest : public ::testing::Test {
 protected:
  PairTest() : algorithm_(Collective::kAllGather) {
    algorithm_.ranks.resize(2);
    for (int rank = 0; rank < 2; ++rank) {
      Listed& listed = algorithm_.ranks[static_cast<size_t>(rank)];
      listed.partitions = {Partition{.block_count = 1}, Partition{.block_count = 2},
                           Partition{.block_count = 1}};
      listed.streams = {{Send(0, rank), Recv(0, rank), Copy(rank)}};
    }
  }

  static Instruction Send(uint32_t sequence, int rank) {
    return {.op = OpCode::kSend,
            .sequence = sequence,
            .peer = 1 - rank,
            .source = {Buffer::kInput, 0, 1}};
  }
  static Instruction Recv(uint32_t sequence, int rank) {
    return {.op = OpCode::kRecv,
            .sequence = sequence,
            .peer = 1 - rank,
            .target = {Buffer::kOutput, 1 - rank, 1}};
  }
  static Instruction Copy(int rank) {
    return {.op = OpCode::kCopy,
            .source = {Buffer::kInput, 0, 1},
            .target = {Buffer::kOutput, rank, 1}};
  }
  std::vector<Instruction>& StreamOf(int rank, size_t stream = 0) {
    return algorithm_.ranks[static_cast<size_t>(rank)].streams[stream];
  }
  Proof ProvePair() const {
    return Prove(algorithm_, {.collective = Collective::kAllGather, .ranks = 2, .count = 1});
  }
  std::string Refusal() const {
    const Proof proof = ProvePair();
    return proof.findings.empty() ? "" : proof.findings.front().message;
  }

  ListedAlgorithm algorithm_;
};

TEST_F(PairTest, IsRightWithOneSlot) {
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(ProvePair().slots, 1);
}

TEST_F(PairTest, WhatNobodyReadsIsNamedAndNoFault) {
  Instruction aside = Copy(0);
  aside.target = {Buffer::kScratch, 0, 1};
  StreamOf(0).push_back(aside);
  const Proof proof = ProvePair();
  EXPECT_THAT(proof.findings, IsEmpty());
  ASSERT_THAT(proof.unused, SizeIs(1));
  EXPECT_THAT(
      proof.unused[0].message,
      HasSubstr("instruction 3 (copy of input[0, 1) into scratch[0, 1)) writes what nobody"));
}

TEST_F(PairTest, ACycleOfReceivesIsNamed) {
  std::swap(StreamOf(0)[0], StreamOf(0)[1]);
  EXPECT_EQ(Refusal(), "");
  std::swap(StreamOf(1)[0], StreamOf(1)[1]);
  EXPECT_THAT(Refusal(), HasSubstr("rank 0 stream 0 instruction 0 (receive into output[1, 2)"));
  EXPECT_THAT(Refusal(), HasSubstr("waits for its message, rank 1 stream 0 instruction 0"));
  EXPECT_THAT(Refusal(), HasSubstr("a cycle, deadlock; 2 streams are stuck"));
}

TEST_F(PairTest, AMessageThatNobodySendsOrTakesIsNamed) {
  const Instruction send = StreamOf(0)[0];
  StreamOf(0).erase(StreamOf(0).begin());
  EXPECT_THAT(Refusal(), HasSubstr("waits for a message that nobody sends; 1 streams are stuck"));
  StreamOf(0).push_back(send);
  StreamOf(0).push_back({send});
  StreamOf(0).back().sequence = 1;
  EXPECT_THAT(Refusal(), HasSubstr("sends what rank 1 never receives"));
  StreamOf(0).back().sequence = 0;
  EXPECT_THAT(Refusal(), HasSubstr("has the number of another message between these ranks"));
}

TEST_F(PairTest, WrongAndMissingResultsAreNamed) {
  StreamOf(0)[2].target.offset = 1;
  EXPECT_THAT(Refusal(), HasSubstr("output[0] of rank 0 holds what nobody has written, not input 0 "
                                   "of rank 0; nobody writes it"));
}

TEST_F(PairTest, ContributionsThatComeTwiceAreSeen) {
  StreamOf(1).push_back({.op = OpCode::kReduce,
                         .source = {Buffer::kInput, 0, 1},
                         .operand = {Buffer::kOutput, 1, 1},
                         .target = {Buffer::kOutput, 1, 1}});
  EXPECT_THAT(Refusal(), HasSubstr("output[1] of rank 1 holds input 0 of rank 1 (2 times), not "
                                   "input 0 of rank 1"));
}

TEST_F(PairTest, MessagesOfAnotherSizeAreNamed) {
  StreamOf(0)[1].target = {Buffer::kOutput, 0, 2};
  EXPECT_THAT(Refusal(), HasSubstr("takes 2 elements from a message of 1"));
}

// The copy into scratch in one stream, out of it in another.
TEST_F(PairTest, WhatNothingOrdersIsARace) {
  Instruction in = Copy(0);
  in.target = {Buffer::kScratch, 0, 1};
  Instruction out = Copy(0);
  out.source = {Buffer::kScratch, 0, 1};
  StreamOf(0)[2] = in;
  algorithm_.ranks[0].streams.push_back({out});
  EXPECT_THAT(Refusal(), HasSubstr("races: it "));
  EXPECT_THAT(Refusal(), HasSubstr("nothing orders the two"));
  StreamOf(0, 1)[0].depends_stream = 0;
  StreamOf(0, 1)[0].depends_count = 3;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(PairTest, TwoSlotsAreNeededWhereTwoAreSentBeforeOneIsTaken) {
  for (int rank = 0; rank < 2; ++rank) {
    StreamOf(rank) = {Send(0, rank), Send(1, rank), Recv(0, rank), Recv(1, rank), Copy(rank)};
  }
  EXPECT_EQ(Refusal(), "");
  const Proof proof = ProvePair();
  EXPECT_EQ(proof.slots, 2);
  EXPECT_THAT(proof.stuck_below, HasSubstr("waits for a slot to rank 1"));
}

// Ranks that tell the next one that they are there, and hear from the one before.
ListedAlgorithm TokensAround(int ranks, int hears_of) {
  ListedAlgorithm algorithm(Collective::kBarrier);
  for (int rank = 0; rank < ranks; ++rank) {
    Listed& listed = algorithm.ranks.emplace_back();
    listed.partitions = {Partition{.block_count = 1}, Partition{},
                         Partition{.blocks = ranks, .block_count = 1}};
    std::vector<Instruction>& stream = listed.streams.emplace_back();
    for (int step = 0; step < hears_of; ++step) {
      stream.push_back({.op = OpCode::kSend,
                        .sequence = static_cast<uint32_t>(step),
                        .peer = (rank + 1) % ranks,
                        .source = {Buffer::kInput, 0, 1}});
      stream.push_back({.op = OpCode::kRecv,
                        .sequence = static_cast<uint32_t>(step),
                        .peer = (rank + ranks - 1) % ranks,
                        .target = {Buffer::kScratch, step, 1}});
    }
    listed.sequences = static_cast<uint32_t>(ranks);
  }
  return algorithm;
}

TEST(ProverTest, ABarrierThatARankMayLeaveTooEarlyIsRefused) {
  constexpr int kRanks = 5;
  const CollectiveRequest request{.collective = Collective::kBarrier, .ranks = kRanks};
  EXPECT_THAT(Prove(TokensAround(kRanks, kRanks - 1), request).findings, IsEmpty());
  const Proof proof = Prove(TokensAround(kRanks, kRanks - 2), request);
  ASSERT_THAT(proof.findings, SizeIs(kRanks));
  EXPECT_EQ(proof.findings[0].message,
            "rank 0 may leave before rank 1 has entered: nothing orders the two");
}

// Breaks a field of one instruction; returns false if there was nothing to break there.
bool MutateField(std::mt19937_64& draw, ListedAlgorithm& algorithm) {
  const auto below = [&draw](size_t n) { return static_cast<size_t>(draw() % n); };
  const size_t at_rank = below(algorithm.ranks.size());
  Listed& rank = algorithm.ranks[at_rank];
  std::vector<Instruction>& stream = rank.streams[below(rank.streams.size())];
  if (stream.empty()) {
    return false;
  }
  const size_t at = below(stream.size());
  Instruction& instruction = stream[at];
  const auto room = [&](const Range& range) {
    return rank.partitions[static_cast<size_t>(range.buffer)].count() - range.count;
  };
  const auto shift = [&](Range& range) {
    const int64_t before = range.offset;
    range.offset = room(range) <= 0
                       ? before
                       : static_cast<int64_t>(draw() % static_cast<uint64_t>(room(range) + 1));
    return range.count > 0 && range.offset != before;
  };
  switch (below(7)) {
    case 0:
      return shift(instruction.source);
    case 1:
      return shift(instruction.target);
    case 2:
      return shift(instruction.operand);
    case 3: {  // count
      Range& range = instruction.op == OpCode::kSend ? instruction.source : instruction.target;
      if ((instruction.op != OpCode::kSend && instruction.op != OpCode::kRecv) || range.count < 2) {
        return false;
      }
      --range.count;
      return true;
    }
    case 4:  // buffer
      if (instruction.op != OpCode::kSend || instruction.source.count == 0) {
        return false;
      }
      instruction.source.buffer =
          instruction.source.buffer == Buffer::kInput ? Buffer::kOutput : Buffer::kInput;
      return room(instruction.source) >= instruction.source.offset;
    case 5: {  // peer
      const auto peer = static_cast<int>(below(algorithm.ranks.size()));
      if (instruction.peer < 0 || peer == instruction.peer ||
          static_cast<size_t>(peer) == at_rank) {
        return false;
      }
      instruction.peer = peer;
      return true;
    }
    default:  // channel
      instruction.connection = static_cast<uint8_t>(instruction.connection + 1);
      return instruction.peer >= 0;
  }
}

// Breaks one step as a whole, likewise.
bool MutateStep(std::mt19937_64& draw, ListedAlgorithm& algorithm) {
  const auto below = [&draw](size_t n) { return static_cast<size_t>(draw() % n); };
  Listed& rank = algorithm.ranks[below(algorithm.ranks.size())];
  std::vector<Instruction>& stream = rank.streams[below(rank.streams.size())];
  if (stream.empty()) {
    return false;
  }
  const size_t at = below(stream.size());
  Instruction& instruction = stream[at];
  switch (below(6)) {
    case 0:  // dropped
      stream.erase(stream.begin() + static_cast<std::ptrdiff_t>(at));
      return true;
    case 1:  // swapped
      if (at + 1 == stream.size()) {
        return false;
      }
      std::swap(stream[at], stream[at + 1]);
      return true;
    case 2: {  // doubled, as one more message of its connection
      const Instruction twin = instruction;
      stream.insert(stream.begin() + static_cast<std::ptrdiff_t>(at), twin);
      if (twin.peer >= 0) {
        for (Listed& listed : algorithm.ranks) {
          ++listed.sequences;
        }
        stream[at + 1].sequence = rank.sequences - 1;
      }
      return twin.peer >= 0 || twin.op == OpCode::kReduce;
    }
    case 3:  // type
      if (instruction.op != OpCode::kRecvReduce) {
        return false;
      }
      instruction.op = OpCode::kRecv;
      return true;
    case 4:
      if (instruction.op != OpCode::kRecv) {
        return false;
      }
      instruction.op = OpCode::kRecvReduce;
      instruction.operand = instruction.target;
      return true;
    default: {  // dependency
      const bool had = instruction.depends_stream >= 0;
      instruction.depends_stream = -1;
      return had;
    }
  }
}

// What forwards goes before a send; after a mutation it may not.
void DropLooseForwards(ListedAlgorithm& algorithm) {
  for (Listed& rank : algorithm.ranks) {
    for (std::vector<Instruction>& stream : rank.streams) {
      for (size_t i = 0; i < stream.size(); ++i) {
        stream[i].forwards &= i + 1 < stream.size() && stream[i + 1].op == OpCode::kSend;
      }
    }
  }
}

// Whether two messages have one name, or the two ends of one have other sizes: nothing could run
// it.
bool HasNoMeaning(const ListedAlgorithm& algorithm) {
  using Name = std::tuple<size_t, size_t, uint8_t, uint32_t>;
  std::map<Name, int64_t> sent;
  std::map<Name, int64_t> received;
  for (size_t rank = 0; rank < algorithm.ranks.size(); ++rank) {
    for (const std::vector<Instruction>& stream : algorithm.ranks[rank].streams) {
      for (const Instruction& instruction : stream) {
        if (instruction.peer < 0 || MovedCount(instruction) == 0) {
          continue;
        }
        const auto peer = static_cast<size_t>(instruction.peer);
        const bool sends = instruction.op == OpCode::kSend;
        const Name name{sends ? rank : peer, sends ? peer : rank, instruction.connection,
                        instruction.sequence};
        if (!(sends ? sent : received).emplace(name, MovedCount(instruction)).second) {
          return true;
        }
      }
    }
  }
  return std::any_of(received.begin(), received.end(), [&](const auto& message) {
    const auto other = sent.find(message.first);
    return other != sent.end() && other->second != message.second;
  });
}

struct Outcome {
  bool finished = false;
  bool right = false;
};

// On ports that deliver in some random order, with so many slots (0: any number).
Outcome Execute(const CollectiveRequest& request, const Algorithm& algorithm, uint64_t seed,
                int slots) {
  LocalPayloadTransport transport;
  JobOnFake run({.request = request, .algorithm = &algorithm, .seed = seed, .slots = slots},
                {.seed = seed}, transport);
  const bool nothing_left = slots > 0 || run.fabric.unclaimed() == 0;
  return {.finished = run.job->finished(),
          .right = run.job->finished() && run.job->CountWrong() == 0 && nothing_left};
}

// Programs that people wrote, as the importer reads them.
std::vector<std::unique_ptr<ImportedAlgorithm>> HandWritten() {
  std::vector<std::unique_ptr<ImportedAlgorithm>> programs;
  for (const auto& entry : std::filesystem::directory_iterator(UPF_TESTDATA)) {
    if (entry.path().extension() == ".xml") {
      std::ifstream file(entry.path());
      programs.push_back(*ReadMscclXml({std::istreambuf_iterator<char>(file), {}}));
    }
  }
  std::sort(programs.begin(), programs.end(),
            [](const auto& a, const auto& b) { return a->info().name < b->info().name; });
  return programs;
}

// One mutant a seed, of a built-in or a hand-written program, and what became of them.
class MutantOracle {
 public:
  void Check(uint64_t seed) {
    std::mt19937_64 draw(seed);
    const std::vector<const Algorithm*> all = registry_.All();
    const size_t drawn = draw() % (all.size() + written_.size());
    const bool is_file = drawn >= all.size();
    const Algorithm& algorithm = is_file ? *written_[drawn - all.size()] : *all[drawn];
    if (algorithm.info().limits.needs_in_switch ||
        algorithm.info().collective == Collective::kBarrier) {  // has no result to be wrong
      return;
    }
    const CollectiveRequest request =
        is_file ? RequestOf(*written_[drawn - all.size()]) : RandomRequest(algorithm.info(), draw);
    ListedAlgorithm mutant(algorithm, request);
    if (!(draw() % 2 == 0 ? MutateField(draw, mutant) : MutateStep(draw, mutant))) {
      return;
    }
    DropLooseForwards(mutant);
    const Proof proof = Prove(mutant, request);
    if (!IsRight(request, mutant, proof, seed)) {
      ++wrong_;
      EXPECT_FALSE(proof.findings.empty()) << "seed " << seed;
    } else if (!proof.findings.empty()) {
      // What is right by chance alone: a race, a message that is left or of another size, memory
      // that happened to hold zeros.
      EXPECT_THAT(
          proof.findings.front().message,
          ::testing::AnyOf(HasSubstr("races"), HasSubstr("elements from a message"),
                           HasSubstr("never receives"), HasSubstr("what nobody has written")))
          << "seed " << seed;
    }
  }

  int wrong() const { return wrong_; }
  int stuck() const { return stuck_; }
  size_t written() const { return written_.size(); }

 private:
  static CollectiveRequest RequestOf(const ImportedAlgorithm& file) {
    return file.SmallestRequest(!file.serves_out_of_place());
  }
  static CollectiveRequest RandomRequest(const AlgorithmInfo& info, std::mt19937_64& draw) {
    const int ranks = info.limits.needs_groups ? 4 : 2 + static_cast<int>(draw() % 4);
    return {.collective = info.collective,
            .ranks = ranks,
            .count = ranks * (1 + static_cast<int64_t>(draw() % 3)),
            .root = static_cast<int>(draw() % static_cast<uint64_t>(ranks)),
            .in_place = false};
  }

  // Under random timings with any number of slots, 1, 2 and 8.
  bool IsRight(const CollectiveRequest& request, const ListedAlgorithm& mutant, const Proof& proof,
               uint64_t seed) {
    constexpr uint64_t kTimings = 20;
    bool right = !HasNoMeaning(mutant);
    for (uint64_t timing = 0; timing < kTimings && right; ++timing) {
      for (const int slots : {0, 1, 2, 8}) {
        const Outcome outcome = Execute(request, mutant, seed * 32 + timing, slots);
        const bool enough = slots == 0 || slots >= proof.slots;
        right = right && (outcome.right || !enough);
        if (proof.findings.empty()) {  // then what it says of slots holds
          EXPECT_EQ(outcome.finished, enough) << "seed " << seed << ", " << slots << " slots";
          stuck_ += enough ? 0 : 1;
        }
      }
    }
    return right;
  }

  const AlgorithmRegistry registry_ = BuiltinAlgorithms();
  const std::vector<std::unique_ptr<ImportedAlgorithm>> written_ = HandWritten();
  int wrong_ = 0;
  int stuck_ = 0;
};

TEST(ProverTest, EveryMutantThatGoesWrongIsRefused) {
  constexpr int64_t kMutants = 40'000;
  MutantOracle oracle;
  EXPECT_GE(oracle.written(), 6u);
  int64_t mutants = 0;
  for (const fabric::testing::SeedBlock& block : fabric::testing::SeedBlocks(kMutants, kMutants)) {
    for (int64_t i = 0; i < block.count && !::testing::Test::HasFailure(); ++i) {
      oracle.Check(static_cast<uint64_t>(block.first + i));
      ++mutants;
    }
  }
  EXPECT_GT(oracle.wrong(), mutants / 5);
  EXPECT_GT(oracle.stuck(), mutants / 50);
  RecordProperty("wrong", oracle.wrong());
}

}  // namespace
}  // namespace upfabric::collectives
