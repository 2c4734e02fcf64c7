// Broken executions are seen: messages that are swapped, dropped or doubled, elements that change
// places, in every type and operation in which they change the result.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

#include "collectives/type_format.h"
#include "collectives/verify.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

// Passes messages on and lets `mutate` change the bytes of one, the first from `victim` on, counted
// in the order of sending, that it can change; `previous` holds the bytes of the last message of
// the same size.
class MutatingTransport final : public PayloadTransport {
 public:
  using Bytes = std::vector<std::byte>;
  using Mutation = std::function<void(Bytes& bytes, const Bytes& previous)>;

  MutatingTransport(int64_t victim, Mutation mutate)
      : victim_(victim), mutate_(std::move(mutate)) {}

  void Send(const MessageName& name, Bytes bytes) override {
    const Bytes original = bytes;
    const auto previous = previous_.find(bytes.size());
    if (sent_++ >= victim_ && !changed_ && previous != previous_.end()) {
      mutate_(bytes, previous->second);
      changed_ = bytes != original;
    }
    previous_[original.size()] = original;
    inner_.Send(name, std::move(bytes));
  }
  Bytes Take(const MessageName& name) override { return inner_.Take(name); }

  bool changed() const { return changed_; }

 private:
  LocalPayloadTransport inner_;
  int64_t victim_;
  Mutation mutate_;
  std::map<size_t, Bytes> previous_;  // by size
  int64_t sent_ = 0;
  bool changed_ = false;
};

// Elements found wrong when `mutate` changes one message.
int64_t WrongAfter(const CollectiveRequest& request, const Algorithm& algorithm, int64_t victim,
                   const MutatingTransport::Mutation& mutate) {
  MutatingTransport transport(victim, mutate);
  JobOnFake run({.request = request, .algorithm = &algorithm, .seed = 1}, {.seed = 2}, transport);
  EXPECT_TRUE(run.job->finished());
  EXPECT_TRUE(transport.changed());
  return run.job->CountWrong();
}

// Where all ranks post all their messages at once this is the third rank's first, so that the one
// before it is another sender's; where only one message is sent by each, that of the third.
int64_t Victim(const CollectiveRequest& request) {
  return HasRoot(request.collective) ? 2 : 2 * (request.ranks - 1);
}

void ForEachReduction(const std::function<void(const CollectiveRequest&, const Algorithm&)>& test) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    if (!Reduces(algorithm->info().collective)) {
      continue;
    }
    for (const DataType type : kAllTypes) {
      for (const ReduceOp op : kAllOps) {
        for (const int ranks : {4, 24}) {
          if (ranks == 24 && !IsCommon(type)) {
            continue;  // with 8 bits a rank of many is seldom the only least or largest
          }
          const CollectiveRequest request{.collective = algorithm->info().collective,
                                          .type = type,
                                          .op = op,
                                          .ranks = ranks,
                                          .count = 256 * ranks,
                                          .root = 1};
          SCOPED_TRACE(RequestText(request, *algorithm));
          test(request, *algorithm);
        }
      }
    }
  }
}

// Of the type: 1 of a product; of the others 0, or the least or largest number there is.
uint64_t IdentityBits(const CollectiveRequest& request) {
  const TypeFormat format = FormatOf(request.type);
  const uint64_t sign = uint64_t{1} << (format.bits - 1);
  switch (request.op) {
    case ReduceOp::kSum:
    case ReduceOp::kAvg:
      return 0;
    case ReduceOp::kProd:
      return format.is_float ? static_cast<uint64_t>(format.exponent_bias) << format.mantissa_bits
                             : 1;
    case ReduceOp::kMin:
    case ReduceOp::kMax:
      break;
  }
  const bool least = request.op == ReduceOp::kMax;
  if (!format.is_float) {
    const uint64_t largest = format.is_signed ? sign - 1 : sign - 1 + sign;
    return least ? largest + 1 : largest;
  }
  // Infinity stands above the largest finite number; E4M3 has a NaN there.
  const uint64_t infinite = (sign - 1) >> format.mantissa_bits << format.mantissa_bits;
  const uint64_t largest = request.type == DataType::kFloat8E4M3 ? 0x7e : infinite - 1;
  return least ? largest | sign : largest;
}

// Bytes that leave any other operand as it is.
void FillWithIdentity(const CollectiveRequest& request, MutatingTransport::Bytes& bytes) {
  const uint64_t bits = IdentityBits(request);
  const auto size = static_cast<size_t>(ElementSize(request.type).count());
  for (size_t i = 0; i < bytes.size(); i += size) {
    std::memcpy(bytes.data() + i, &bits, size);
  }
}

TEST(MutantsTest, DroppedContributionIsSeenInEveryTypeAndOperation) {
  ForEachReduction([](const CollectiveRequest& request, const Algorithm& algorithm) {
    EXPECT_GT(WrongAfter(request, algorithm, Victim(request),
                         [&](auto& bytes, const auto&) { FillWithIdentity(request, bytes); }),
              0);
  });
}

TEST(MutantsTest, SwappedChunkIsSeenInEveryTypeAndOperation) {
  ForEachReduction([](const CollectiveRequest& request, const Algorithm& algorithm) {
    EXPECT_GT(WrongAfter(request, algorithm, Victim(request),
                         [](auto& bytes, const auto& previous) { bytes = previous; }),
              0);
  });
}

TEST(MutantsTest, SwappedElementsAreSeenInEveryTypeAndOperation) {
  ForEachReduction([](const CollectiveRequest& request, const Algorithm& algorithm) {
    const auto size = static_cast<std::ptrdiff_t>(ElementSize(request.type).count());
    EXPECT_GT(WrongAfter(request, algorithm, Victim(request),
                         [&](auto& bytes, const auto&) {
                           std::rotate(bytes.begin(), bytes.begin() + size, bytes.end());
                         }),
              0);
  });
}

// Minimum and maximum give the same however often a contribution comes in.
TEST(MutantsTest, DoubledContributionIsSeenInSumAndProduct) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const DataType type : kAllTypes) {
    for (const ReduceOp op : {ReduceOp::kSum, ReduceOp::kProd}) {
      for (const int ranks : {2, 72}) {
        const CollectiveRequest request{
            .type = type, .op = op, .ranks = ranks, .count = 64, .in_place = false};
        // Rank 0's result with the contribution of rank 1 twice, as elements.
        const SampledLayout layout({.block_count = request.count}, 1);
        const Values values(request, 1);
        RankPayload first(request, 0, {&layout, &layout, &layout}, values);
        const Range input{Buffer::kInput, 0, request.count};
        const Range output{Buffer::kOutput, 0, request.count};
        first.Copy(input, output);
        for (int rank = 1; rank < ranks; ++rank) {
          const RankPayload other(request, rank, {&layout, &layout, &layout}, values);
          first.ReduceMessage(output, other.Read(input), output);
          if (rank + 1 == ranks) {
            const RankPayload* ranks_to_check[] = {&first};
            EXPECT_EQ(CountWrongElements(request, values, ranks_to_check), 0);
            first.ReduceMessage(output, other.Read(input), output);
            EXPECT_GT(CountWrongElements(request, values, ranks_to_check), 0)
                << "type " << static_cast<int>(type) << " op " << static_cast<int>(op) << " ranks "
                << ranks;
          }
        }
      }
    }
  }
}

TEST(MutantsTest, SwappedAndLostBlocksAreSeenWhereNothingIsReduced) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    if (Reduces(algorithm->info().collective) ||
        algorithm->info().collective == Collective::kBarrier) {
      continue;
    }
    for (const DataType type : kAllTypes) {
      CollectiveRequest request{.collective = algorithm->info().collective,
                                .type = type,
                                .ranks = algorithm->info().limits.needs_groups ? 8 : 7,
                                .count = 48,
                                .root = 3};
      // A tree sends few messages; the first six of remote reads are requests, which carry nothing.
      const bool reads = algorithm->info().name == "read";
      const int64_t victim = reads ? 7 : HasRoot(request.collective) ? 2 : 5;
      SCOPED_TRACE(RequestText(request, *algorithm));
      EXPECT_GT(
          WrongAfter(request, *algorithm, victim,
                     [](auto& bytes, const auto&) { std::reverse(bytes.begin(), bytes.end()); }),
          0);
      EXPECT_GT(WrongAfter(request, *algorithm, victim,
                           [](auto& bytes, const auto&) {
                             std::fill(bytes.begin(), bytes.end(), std::byte{0});
                           }),
                0);
    }
  }
}

// One bit of one element in one message of a sampled job, and the transport names the message.
TEST(MutantsTest, DamagedMessageIsNamedAndCounted) {
  class Damaging final : public PayloadTransport {
   public:
    void Send(const MessageName& name, std::vector<std::byte> bytes) override {
      inner.Send(name, std::move(bytes));
      if (victim.empty()) {
        victim = MessageNameText(name);
        inner.Held(name).back() ^= std::byte{1};
      }
    }
    std::vector<std::byte> Take(const MessageName& name) override { return inner.Take(name); }
    LocalPayloadTransport inner;
    std::string victim;
  };
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const CollectiveRequest request{.collective = Collective::kAllToAll, .ranks = 3, .count = 9};
  Damaging transport;
  JobOnFake run({.request = request,
                 .algorithm = *registry.Find(Collective::kAllToAll, "direct"),
                 .payload = PayloadMode::kSampled},
                {}, transport);
  EXPECT_EQ(run.job->CountWrong(), 1);
  EXPECT_EQ(transport.inner.DamagedMessages(), std::vector<std::string>{transport.victim});
}

}  // namespace
}  // namespace upfabric::collectives
