// What an element of a buffer holds, as the inputs that were combined into it.
//
// A value is an input (rank, element), nothing yet, or two values combined. Values are compared as
// multisets of inputs, in whatever order these were combined: a contribution that comes twice is
// not the same as one that comes once. Compared by sums of 128-bit hashes, so that a chain of n
// combinations takes n steps; unequal multisets are taken for equal once in 2^100 or so.

#ifndef UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_H_
#define UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_H_

#include <cstdint>
#include <string>
#include <vector>

namespace upfabric::collectives {

// An index into a SymbolTable.
using Symbol = int32_t;

class SymbolTable {
 public:
  SymbolTable();

  // What a buffer holds before anything is written to it.
  Symbol nothing() const { return 0; }
  Symbol Input(int rank, int64_t element);
  Symbol Combine(Symbol a, Symbol b);

  bool Same(Symbol a, Symbol b) const;

  // "input 3 of rank 1", "nothing", "input 0 of ranks 0, 2 (twice)", with at most a few terms.
  std::string Text(Symbol symbol) const;

 private:
  struct Node {
    uint64_t low = 0;
    uint64_t high = 0;
    int rank = -1;  // of an input
    int64_t element = 0;
    Symbol left = -1;  // of a combination
    Symbol right = -1;
  };

  std::vector<Node> nodes_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_H_
