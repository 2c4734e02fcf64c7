#include "collectives/prove/expected_result.h"

#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

Symbol ExpectedResult(const CollectiveRequest& request, int rank, int64_t element,
                      const SymbolicMemory& memory, SymbolTable& symbols) {
  const int64_t count = request.count;
  const auto input = [&memory](int64_t of, int64_t at) {
    return memory.Input(static_cast<int>(of), at);
  };
  const auto sum = [&](int64_t at) {
    Symbol all = input(0, at);
    for (int other = 1; other < request.ranks; ++other) {
      all = symbols.Combine(all, input(other, at));
    }
    return all;
  };
  switch (request.collective) {
    case Collective::kAllReduce:
    case Collective::kReduce:
      return sum(element);
    case Collective::kReduceScatter:
      return sum(rank * count + element);
    case Collective::kAllGather:
    case Collective::kGather:
      return input(element / count, element % count);
    case Collective::kAllToAll:
      if (request.matrix != nullptr) {
        const int source = request.matrix->SourceOf(rank, element);
        return input(source, element - request.matrix->RecvOffset(source, rank) +
                                 request.matrix->SendOffset(source, rank));
      }
      return input(element / count, rank * count + element % count);
    case Collective::kBroadcast:
      return input(request.root, element);
    case Collective::kScatter:
      return input(request.root, rank * count + element);
    case Collective::kSendRecv:
      return input(RingShift(rank, -1, request.ranks), element);
    case Collective::kBarrier:
      break;
  }
  return symbols.nothing();
}

}  // namespace upfabric::collectives
