// All-reduce along the axes of a torus: the data has a part for each axis; part j is
// reduce-scattered by a ring along axis j, then j+1, ..., and all-gathered the same way back.
//
// At any time each part uses another axis, so the links of all axes work. After an axis of length a
// a rank has 1/a of what it had, so most bytes move along the part's first axis. Without a torus
// the ranks are groups and their members.
// Source: N. Jain and Y. Sabharwal, "Optimal bucket algorithms for large MPI collectives on torus
//         interconnects", ICS 2010.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/axes.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

constexpr int kTorusRanksMax = 4096;  // a rank's steps are stored: chosen

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : StepProgram(Axes(request).count(), SequencesOf(request)),
        axes_(request),
        ranks_(request.ranks),
        rank_(rank),
        parts_(request.count, axes_.count()) {
    const Partition partition = {
        .block_count = request.count, .outer = axes_.count(), .inner = request.ranks};
    SetPartition(Buffer::kInput, partition);
    SetPartition(Buffer::kOutput, partition);
    for (int part = 0; part < axes_.count(); ++part) {
      AddPart(part);
    }
  }

 private:
  static uint32_t SequencesOf(const CollectiveRequest& request) {
    const Axes axes(request);
    int longest = 0;
    for (int axis = 0; axis < axes.count(); ++axis) {
      longest = std::max(longest, axes.size(axis));
    }
    return static_cast<uint32_t>(2 * (longest - 1));
  }

  // A part has a granule for each rank; a rank works on ever smaller runs of them.
  void AddPart(int part) {
    int first = 0;
    int granules = ranks_;
    for (int step = 0; step < axes_.count(); ++step) {
      const int axis = (part + step) % axes_.count();
      ReduceScatter(part, axis, first, granules, step == 0);
      granules /= axes_.size(axis);
      first += OwnChunk(axis) * granules;
    }
    for (int step = axes_.count() - 1; step >= 0; --step) {
      const int axis = (part + step) % axes_.count();
      first -= OwnChunk(axis) * granules;
      granules *= axes_.size(axis);
      AllGather(part, axis, first, granules);
    }
  }

  // That of the next rank on the ring: what passed all others before.
  int OwnChunk(int axis) const {
    return RingShift(axes_.CoordinateOf(rank_, axis), 1, axes_.size(axis));
  }

  // Step i of the ring: send the chunk that was reduced in the step before, the own one first.
  void ReduceScatter(int part, int axis, int first, int granules, bool from_input) {
    const int size = axes_.size(axis);
    const int chunk = granules / size;
    const int at = axes_.CoordinateOf(rank_, axis);
    for (int step = 0; step < size - 1; ++step) {
      const int given = RingShift(at, -step, size);
      const int taken = RingShift(at, -1 - step, size);
      const Buffer held = from_input ? Buffer::kInput : Buffer::kOutput;
      Add(part, Send(axes_.Shifted(rank_, axis, 1), part, step,
                     Run(step == 0 ? held : Buffer::kOutput, part, first + given * chunk, chunk)));
      Add(part, RecvReduce(axes_.Shifted(rank_, axis, -1), part, step,
                           Run(held, part, first + taken * chunk, chunk),
                           Run(Buffer::kOutput, part, first + taken * chunk, chunk)));
    }
  }

  void AllGather(int part, int axis, int first, int granules) {
    const int size = axes_.size(axis);
    const int chunk = granules / size;
    const int at = axes_.CoordinateOf(rank_, axis);
    for (int step = 0; step < size - 1; ++step) {
      const int given = RingShift(at, 1 - step, size);
      const int taken = RingShift(at, -step, size);
      Add(part, Send(axes_.Shifted(rank_, axis, 1), part, size - 1 + step,
                     Run(Buffer::kOutput, part, first + given * chunk, chunk)));
      Add(part, Recv(axes_.Shifted(rank_, axis, -1), part, size - 1 + step,
                     Run(Buffer::kOutput, part, first + taken * chunk, chunk)));
    }
  }

  Range Run(Buffer buffer, int part, int first, int granules) const {
    const BalancedSplit split(parts_.count(part), ranks_);
    const int64_t begin = split.offset(first);
    return {buffer, parts_.offset(part) + begin, split.offset(first + granules) - begin};
  }

  Axes axes_;
  int ranks_;
  int rank_;
  BalancedSplit parts_;
};

// Each part goes its own way at its own pace; while one is on its way or reduced, the others'
// messages are on the endpoint's links.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Axes axes(request);
  const int parts = axes.count();
  const int64_t of_part = BalancedSplit(request.count, parts).count_max();
  Picoseconds longest;
  for (int part = 0; part < parts; ++part) {
    int64_t elements = of_part;
    Picoseconds sum;
    for (int step = 0; step < parts; ++step) {
      const int axis = (part + step) % parts;
      const int size = axes.size(axis);
      elements = (elements + size - 1) / size;
      const Picoseconds hop = terms.Shift(elements, axes.stride(axis));
      const Picoseconds local = terms.Local(3 * elements);
      const Picoseconds links = terms.Injection(elements, parts);
      sum += (std::max({hop + local, links, local * parts}) + std::max(hop, links)) * (size - 1);
    }
    longest = std::max(longest, sum);
  }
  return longest;
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceTorus() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "torus",
                    .collective = Collective::kAllReduce,
                    .description = "rings along each axis, a part of the data beginning with each",
                    .limits = {.ranks_min = 4,
                               .ranks_max = kTorusRanksMax,
                               .needs_groups = true,
                               .for_axes = true}},
      &Cost);
}

}  // namespace upfabric::collectives
