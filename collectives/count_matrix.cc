#include "collectives/count_matrix.h"

#include <algorithm>

#include "fabric/base/check.h"

namespace upfabric::collectives {

CountMatrix::CountMatrix(int ranks, const std::vector<int64_t>& counts)
    : ranks_(ranks), send_starts_(Row(ranks), 0), recv_starts_(Row(ranks), 0) {
  const auto n = static_cast<size_t>(ranks);
  UPF_CHECK_OP(counts.size(), ==, n * n);
  for (size_t rank = 0; rank < n; ++rank) {
    int64_t sent = 0;
    int64_t received = 0;
    for (size_t other = 0; other < n; ++other) {
      send_starts_[rank * (n + 1) + other + 1] = sent += counts[rank * n + other];
      recv_starts_[rank * (n + 1) + other + 1] = received += counts[other * n + rank];
    }
  }
}

int64_t CountMatrix::CountMax() const {
  int64_t max = 0;
  for (int rank = 0; rank < ranks_; ++rank) {
    max = std::max({max, SendCount(rank), RecvCount(rank)});
  }
  return max;
}

int CountMatrix::SourceOf(int destination, int64_t element) const {
  const int64_t* const starts = RecvStarts(destination);
  return static_cast<int>(std::upper_bound(starts, starts + ranks_ + 1, element) - starts) - 1;
}

}  // namespace upfabric::collectives
