// Barrier by dissemination: in step k each rank tells the one 2^k further on, and hears from the
// one 2^k before it; after log2 n steps it has heard of all.
//
// A step's message is a token of one element.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(1) {
    const int steps = DoublingSteps(request.ranks);
    SetPartition(Buffer::kInput, {.block_count = 1});
    SetPartition(Buffer::kScratch, {.blocks = steps, .block_count = 1});
    for (int step = 0; step < steps; ++step) {
      const int64_t distance = int64_t{1} << step;
      Add(0, Send(RingShift(rank, distance, request.ranks), 0, 0, {Buffer::kInput, 0, 1}));
      Add(0, Recv(RingShift(rank, -distance, request.ranks), 0, 0, {Buffer::kScratch, step, 1}));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int distance = 1; distance < request.ranks; distance *= 2) {
    sum += terms.Shift(1, distance);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Algorithm> BarrierDissemination() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "dissemination",
                    .collective = Collective::kBarrier,
                    .description = "tokens to ranks at distances 1, 2, 4, ...",
                    .limits = {.in_place = false}},
      &Cost);
}

}  // namespace upfabric::collectives
