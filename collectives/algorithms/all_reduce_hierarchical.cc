// All-reduce in groups: a direct reduce-scatter inside each group, an all-reduce in two exchanges
// across the groups, a direct all-gather inside each group.
//
// Between groups each rank sends 2(m-1)/m of its chunk, S over the group's size, so it suits pods
// that a slower network joins. Of g ranks in each of m groups, the data has g m parts; member l of
// a group reduces chunk l, parts l m to l m + m - 1, and group q the q-th part of each chunk.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/groups.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        size_(GroupSize(request)),
        groups_(request.ranks / size_),
        member_(rank % size_),
        group_(rank / size_),
        parts_(request.count, request.ranks) {}

  int streams() const override { return 2; }
  // Stream 0 sends inside the group; stream 1 does all that follows.
  int64_t length(int stream) const override {
    const int64_t inside = size_ - 1;
    const int64_t across = groups_ - 1;
    return stream == 0 ? inside : 3 * inside + 4 * across;
  }

  Instruction At(int stream, int64_t index) const override {
    const int64_t inside = size_ - 1;
    if (stream == 0) {
      const int peer = RingShift(member_, 1 + index, size_);
      return Send(RankOf(group_, peer), 0, kInside, Chunk(Buffer::kInput, peer));
    }
    if (index < inside) {
      const int peer = RingShift(member_, -1 - index, size_);
      return RecvReduce(RankOf(group_, peer), 0, kInside,
                        Chunk(index == 0 ? Buffer::kInput : Buffer::kOutput, member_),
                        Chunk(Buffer::kOutput, member_));
    }
    const int64_t across = groups_ - 1;
    if (index < inside + 4 * across) {
      return Across((index - inside) / across, (index - inside) % across);
    }
    const int64_t step = index - inside - 4 * across;
    if (step < inside) {
      const int peer = RingShift(member_, 1 + step, size_);
      return Send(RankOf(group_, peer), 0, kResultInside, Chunk(Buffer::kOutput, member_));
    }
    const int peer = RingShift(member_, -1 - (step - inside), size_);
    return Recv(RankOf(group_, peer), 0, kResultInside, Chunk(Buffer::kOutput, peer));
  }

  uint32_t sequences() const override { return 2; }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_, .inner = size_ * groups_};
  }

 private:
  static constexpr int64_t kInside = 0;  // sequence numbers, inside a group and across
  static constexpr int64_t kResultInside = 1;
  static constexpr int64_t kAcross = 0;
  static constexpr int64_t kResultAcross = 1;

  // All on the own chunk: send the other groups' parts, reduce the own one, send it, receive the
  // others' results.
  Instruction Across(int64_t phase, int64_t step) const {
    const int to = RingShift(group_, 1 + step, groups_);
    const int from = RingShift(group_, -1 - step, groups_);
    switch (phase) {
      case 0:
        return Send(RankOf(to, member_), 0, kAcross, Part(to));
      case 1:
        return RecvReduce(RankOf(from, member_), 0, kAcross, Part(group_), Part(group_));
      case 2:
        return Send(RankOf(to, member_), 0, kResultAcross, Part(group_));
      default:
        return Recv(RankOf(from, member_), 0, kResultAcross, Part(from));
    }
  }

  int RankOf(int group, int member) const { return group * size_ + member; }
  Range Chunk(Buffer buffer, int member) const {
    const int64_t offset = parts_.offset(int64_t{member} * groups_);
    return {buffer, offset, parts_.offset(int64_t{member + 1} * groups_) - offset};
  }
  Range Part(int group) const {
    const int64_t part = int64_t{member_} * groups_ + group;
    return {Buffer::kOutput, parts_.offset(part), parts_.count(part)};
  }

  int64_t count_;
  int size_;
  int groups_;
  int member_;
  int group_;
  BalancedSplit parts_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int size = GroupSize(request);
  const int groups = request.ranks / size;
  const BalancedSplit parts(request.count, request.ranks);
  const int64_t chunk = parts.offset(groups);
  const int64_t part = parts.count_max();
  // Each of `members` reduces what it gets as it comes.
  const auto reduced = [&terms](int64_t count, int members, int stride) {
    const Picoseconds local = terms.Local(3 * count);
    return std::max(terms.Exchange(count, members, stride),
                    terms.UnloadedIn(count, members, stride) + local * (members - 2)) +
           local;
  };
  return reduced(chunk, size, 1) + reduced(part, groups, size) +
         terms.Exchange(part, groups, size) + terms.Exchange(chunk, size, 1);
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceHierarchical() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "hierarchical",
                    .collective = Collective::kAllReduce,
                    .description = "reduce-scatter in groups, all-reduce across, all-gather",
                    .limits = {.ranks_min = 4, .needs_groups = true}},
      &Cost);
}

}  // namespace upfabric::collectives
