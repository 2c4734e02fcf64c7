// What programs in which one rank, the root, exchanges with all others know of their request.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHMS_ROOTED_PROGRAM_H_
#define UPFABRIC_COLLECTIVES_ALGORITHMS_ROOTED_PROGRAM_H_

#include <cstdint>

#include "collectives/collective.h"
#include "collectives/program.h"

namespace upfabric::collectives {

class RootedProgram : public RankProgram {
 public:
  uint32_t sequences() const override { return 1; }

 protected:
  RootedProgram(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        root_(request.root),
        is_root_(rank == request.root),
        in_place_(request.in_place) {}

  int64_t count() const { return count_; }
  int ranks() const { return ranks_; }
  int root() const { return root_; }
  bool is_root() const { return is_root_; }
  bool in_place() const { return in_place_; }

 private:
  int64_t count_;
  int ranks_;
  int root_;
  bool is_root_;
  bool in_place_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHMS_ROOTED_PROGRAM_H_
