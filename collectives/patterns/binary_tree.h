// Two binary trees over the same ranks, in which no rank but one has children in both.
//
// The first orders ranks by their lowest bit: odd ranks are leaves, rank 0 is the root and has one
// child. The second is the first one mirrored, or for an odd number of ranks moved on by one rank,
// so that its leaves are the inner ranks of the first.
// Source: P. Sanders, J. Speck and J. L. Traeff, "Two-tree algorithms for full bandwidth broadcast,
// reduction and scan", Parallel Computing 35 (2009).

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_BINARY_TREE_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_BINARY_TREE_H_

#include <array>
#include <bit>

namespace upfabric::collectives {

// A rank's neighbors in a tree; -1: none.
struct TreePlace {
  int parent = -1;
  std::array<int, 2> children = {-1, -1};
};

// In the first tree. Requires: 0 <= rank < ranks.
constexpr TreePlace FirstTreePlace(int rank, int ranks) {
  if (rank == 0) {
    const int child = static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks) - 1u));
    return {.parent = -1, .children = {-1, ranks > 1 ? child : -1}};
  }
  const int bit = rank & -rank;
  const int parent = (rank ^ bit) | (2 * bit);
  TreePlace place{.parent = parent < ranks ? parent : rank ^ bit, .children = {-1, -1}};
  if (bit > 1) {
    place.children[0] = rank - bit / 2;
    int step = bit / 2;
    while (step > 0 && rank + step >= ranks) {
      step /= 2;
    }
    place.children[1] = step > 0 ? rank + step : -1;
  }
  return place;
}

// In tree 0 or 1. Requires: 0 <= rank < ranks, tree is 0 or 1.
constexpr TreePlace TwoTreePlace(int tree, int rank, int ranks) {
  if (tree == 0) {
    return FirstTreePlace(rank, ranks);
  }
  const bool moves = ranks % 2 == 1;
  const auto there = [&](int of) { return moves ? (of + ranks - 1) % ranks : ranks - 1 - of; };
  const auto back = [&](int of) {
    return of < 0 ? -1 : (moves ? (of + 1) % ranks : ranks - 1 - of);
  };
  const TreePlace place = FirstTreePlace(there(rank), ranks);
  return {.parent = back(place.parent),
          .children = {back(place.children[0]), back(place.children[1])}};
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_BINARY_TREE_H_
