#include "collectives/algorithms/builtin.h"

#include <algorithm>

namespace upfabric::collectives {

namespace {

// One rank: its result is its input.
class SingleRankProgram final : public RankProgram {
 public:
  explicit SingleRankProgram(const CollectiveRequest& request)
      : send_(SendCount(request, 0)), recv_(RecvCount(request, 0)), in_place_(request.in_place) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return in_place_ || recv_ == 0 ? 0 : 1; }
  Instruction At(int, int64_t) const override {
    return Copy({Buffer::kInput, 0, recv_}, {Buffer::kOutput, 0, recv_});
  }
  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    constexpr int64_t kNone = 0;
    return {.block_count = buffer == Buffer::kInput    ? send_
                           : buffer == Buffer::kOutput ? recv_
                                                       : kNone};
  }

 private:
  int64_t send_;
  int64_t recv_;
  bool in_place_;
};

}  // namespace

std::unique_ptr<RankProgram> Builtin::MakeProgram(const CollectiveRequest& request,
                                                  int rank) const {
  if (request.ranks == 1) {
    return std::make_unique<SingleRankProgram>(request);
  }
  return make_program_(request, rank);
}

Picoseconds Builtin::Cost(const CollectiveRequest& request, const fabric::FabricView& view) const {
  const CostTerms terms(request, view);
  if (request.ranks == 1) {
    return request.in_place ? Picoseconds(0) : terms.Local(2 * RecvCount(request, 0));
  }
  return cost_(request, terms);
}

int ChannelCount(const CollectiveRequest& request, int64_t count) {
  const int64_t bytes = (ElementSize(request.type) * count).count();
  return static_cast<int>(std::clamp<int64_t>(bytes / kChannelBytesMin, 1, kChannelsMax));
}

}  // namespace upfabric::collectives
