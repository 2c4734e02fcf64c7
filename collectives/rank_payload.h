// The buffers of one rank, and what instructions do to them.
//
// Models:  in place, source and result share storage as in nccl-tests: all_gather's input is the
//          rank's block of the output, reduce_scatter's output its block of the input.
// Units:   ranges count elements of the full buffers; only the kept ones (SampledLayout) are
// stored. Threads: none.

#ifndef UPFABRIC_COLLECTIVES_RANK_PAYLOAD_H_
#define UPFABRIC_COLLECTIVES_RANK_PAYLOAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "collectives/collective.h"
#include "collectives/sampled_layout.h"
#include "collectives/values.h"

namespace upfabric::collectives {

// By Buffer. The layouts outlive the payloads that use them.
using BufferLayouts = std::array<const SampledLayout*, 3>;

class RankPayload {
 public:
  // The input holds the rank's values; everything else a pattern that no result has.
  RankPayload(const CollectiveRequest& request, int rank, const BufferLayouts& layouts,
              const Values& values);
  RankPayload(const RankPayload&) = delete;
  RankPayload& operator=(const RankPayload&) = delete;

  std::vector<std::byte> Read(const Range& source) const;
  // A message of another size than expected (it was damaged) is taken as far as it goes.
  void Write(const Range& target, std::span<const std::byte> message);
  void ReduceMessage(const Range& operand, std::span<const std::byte> message, const Range& target);
  void Copy(const Range& source, const Range& target);
  void ReduceBlocks(const Range& source, const Range& operand, const Range& target);

  // Makes averages of sums, once all instructions have been executed.
  void Finish();

  int rank() const { return rank_; }
  std::span<const std::byte> output() const;
  const SampledLayout& output_layout() const { return *layouts_[1]; }

 private:
  std::span<std::byte> Storage(const Range& range);
  void Fill(const Values& values);

  CollectiveRequest request_;
  int rank_;
  BufferLayouts layouts_;
  size_t element_size_;
  std::vector<std::byte> storage_;
  std::array<size_t, 3> base_{};  // byte of storage at which a buffer begins
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_RANK_PAYLOAD_H_
