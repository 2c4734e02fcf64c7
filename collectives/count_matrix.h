// How many elements each rank of an all_to_all has for each other: MoE dispatch and combine, MPI's
// Alltoallv.
//
// A rank's send buffer holds its blocks in the order of destinations, its receive buffer those of
// the others in the order of sources, both without gaps.
// Memory: two sums for each pair of ranks.

#ifndef UPFABRIC_COLLECTIVES_COUNT_MATRIX_H_
#define UPFABRIC_COLLECTIVES_COUNT_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace upfabric::collectives {

class CountMatrix {
 public:
  // counts[source * ranks + destination]. Requires: ranks x ranks of them, none below 0.
  CountMatrix(int ranks, const std::vector<int64_t>& counts);

  int ranks() const { return ranks_; }
  int64_t Count(int source, int destination) const {
    return SendOffset(source, destination + 1) - SendOffset(source, destination);
  }
  // Where the block begins in the buffer of its source, and of its destination; with `ranks()` for
  // the other end, where the buffer ends.
  int64_t SendOffset(int source, int destination) const {
    return *(SendStarts(source) + destination);
  }
  int64_t RecvOffset(int source, int destination) const {
    return *(RecvStarts(destination) + source);
  }
  int64_t SendCount(int source) const { return SendOffset(source, ranks_); }
  int64_t RecvCount(int destination) const { return RecvOffset(ranks_, destination); }
  // The most elements that a rank sends or receives.
  int64_t CountMax() const;

  // Whose block an element of a receive buffer is in. Requires: there is such an element.
  int SourceOf(int destination, int64_t element) const;

  // ranks() + 1 offsets of a rank's buffers, valid as long as the matrix.
  const int64_t* SendStarts(int source) const { return &send_starts_[Row(source)]; }
  const int64_t* RecvStarts(int destination) const { return &recv_starts_[Row(destination)]; }

 private:
  size_t Row(int rank) const {
    return static_cast<size_t>(rank) * (static_cast<size_t>(ranks_) + 1);
  }

  int ranks_;
  std::vector<int64_t> send_starts_;
  std::vector<int64_t> recv_starts_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_COUNT_MATRIX_H_
