// All-to-all in groups: inside each group every member collects what the group has for the members
// of its own number, then members of one number exchange that across the groups.
//
// Between groups a rank has m-1 messages of g blocks, in place of (m-1) g of one, and they stay on
// its rail; the price is that blocks for other groups travel twice, once inside. Member l of group
// q keeps in scratch, by group and then by member, the group's blocks for the members l.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/groups.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        size_(GroupSize(request)),
        groups_(request.ranks / size_),
        member_(rank % size_),
        group_(rank / size_) {}

  // Stream 0 sends inside the group, stream 1 copies what the rank has for its own number, stream 2
  // does all that follows.
  int streams() const override { return 3; }
  int64_t length(int stream) const override {
    const int64_t inside = int64_t{size_ - 1} * groups_;
    return stream == kInside ? inside
           : stream == kOwn  ? groups_
                             : inside + int64_t{2} * (groups_ - 1);
  }

  Instruction At(int stream, int64_t index) const override {
    const int group = static_cast<int>(index % groups_);
    if (stream == kOwn) {
      return Copy(Input(group, member_), Collected(group, member_));
    }
    const int shift = static_cast<int>(1 + index / groups_);
    if (stream == kInside) {
      const int peer = RingShift(member_, shift, size_);
      return Send(RankOf(group_, peer), 0, group, Input(group, peer));
    }
    const int64_t inside = int64_t{size_ - 1} * groups_;
    if (index < inside) {
      const int peer = RingShift(member_, -shift, size_);
      return Recv(RankOf(group_, peer), 0, group, Collected(group, peer));
    }
    const int64_t step = index - inside;
    const int64_t across = groups_ - 1;
    if (step < across) {
      const int to = RingShift(group_, 1 + step, groups_);
      Instruction send = Send(RankOf(to, member_), 1, 0,
                              {Buffer::kScratch, int64_t{to} * size_ * count_, size_ * count_});
      send.depends_stream = kOwn;
      send.depends_count = groups_;
      return send;
    }
    const int from = RingShift(group_, -1 - (step - across), groups_);
    return Recv(RankOf(from, member_), 1, 0,
                {Buffer::kOutput, int64_t{from} * size_ * count_, size_ * count_});
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(groups_); }
  Partition partition(Buffer) const override {
    return {.blocks = int64_t{size_} * groups_, .block_count = count_};
  }

 private:
  static constexpr int kInside = 0;
  static constexpr int kOwn = 1;

  int RankOf(int group, int member) const { return group * size_ + member; }
  Range Input(int group, int member) const {
    return {Buffer::kInput, RankOf(group, member) * count_, count_};
  }
  // What a member of the own group has for member `member_` of a group: of the own one the result.
  Range Collected(int group, int from) const {
    return {group == group_ ? Buffer::kOutput : Buffer::kScratch, RankOf(group, from) * count_,
            count_};
  }

  int64_t count_;
  int size_;
  int groups_;
  int member_;
  int group_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int size = GroupSize(request);
  const int groups = request.ranks / size;
  const Picoseconds inside = terms.Exchange(request.count, size, 1) +
                             terms.Injection(request.count, int64_t{size - 1} * (groups - 1));
  return std::max(inside, terms.Local(2 * request.count) * groups) +
         terms.Exchange(request.count * size, groups, size);
}

}  // namespace

std::unique_ptr<Algorithm> AllToAllHierarchical() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "hierarchical",
                    .collective = Collective::kAllToAll,
                    .description = "collected inside groups by rail, then exchanged across",
                    .limits = {.ranks_min = 4, .in_place = false, .needs_groups = true},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
