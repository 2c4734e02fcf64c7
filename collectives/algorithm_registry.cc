#include "collectives/algorithm_registry.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "collectives/algorithms/builtins.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {

void AlgorithmRegistry::Add(std::unique_ptr<Algorithm> algorithm) {
  const AlgorithmInfo& info = algorithm->info();
  UPF_CHECK(!Find(info.collective, info.name).ok());
  algorithms_.push_back(std::move(algorithm));
}

absl::StatusOr<const Algorithm*> AlgorithmRegistry::Find(Collective collective,
                                                         std::string_view name) const {
  std::vector<std::string> known;
  for (const Algorithm* algorithm : List(collective)) {
    if (algorithm->info().name == name) {
      return algorithm;
    }
    known.emplace_back(algorithm->info().name);
  }
  std::sort(known.begin(), known.end());
  return absl::NotFoundError(absl::StrCat("no algorithm '", std::string(name), "' for ",
                                          std::string(CollectiveName(collective)),
                                          "; known: ", absl::StrJoin(known, ", ")));
}

std::vector<const Algorithm*> AlgorithmRegistry::List(Collective collective) const {
  std::vector<const Algorithm*> listed;
  for (const auto& algorithm : algorithms_) {
    if (algorithm->info().collective == collective) {
      listed.push_back(algorithm.get());
    }
  }
  return listed;
}

std::vector<const Algorithm*> AlgorithmRegistry::All() const {
  std::vector<const Algorithm*> listed;
  for (const auto& algorithm : algorithms_) {
    listed.push_back(algorithm.get());
  }
  return listed;
}

// The order decides ties of the selector.
void RegisterBuiltins(AlgorithmRegistry& registry) {
  registry.Add(AllReduceOneShot());
  registry.Add(AllReduceTwoShot());
  registry.Add(AllReduceRing());
  registry.Add(AllReduceRecursiveDoubling());
  registry.Add(AllReduceHalvingDoubling());
  registry.Add(AllReduceRingBidirectional());
  registry.Add(AllReduceDoubleBinaryTree());
  registry.Add(AllReduceHierarchical());
  registry.Add(AllReduceTorus());
  registry.Add(AllReduceInSwitch());
  registry.Add(AllGatherDirect());
  registry.Add(AllGatherRing());
  registry.Add(AllGatherRecursiveDoubling());
  registry.Add(AllGatherBruck());
  registry.Add(AllGatherPat());
  registry.Add(AllGatherInSwitch());
  registry.Add(ReduceScatterDirect());
  registry.Add(ReduceScatterRing());
  registry.Add(ReduceScatterRecursiveHalving());
  registry.Add(ReduceScatterPat());
  registry.Add(ReduceScatterInSwitch());
  registry.Add(AllToAllDirect());
  registry.Add(AllToAllPairwise());
  registry.Add(AllToAllBruck());
  registry.Add(AllToAllHierarchical());
  registry.Add(BroadcastFlat());
  registry.Add(BroadcastScatterGather());
  registry.Add(BroadcastChain());
  registry.Add(BroadcastBinomial());
  registry.Add(BroadcastInSwitch());
  registry.Add(SendRecvDirect());
  registry.Add(ReduceDirect());
  registry.Add(ReduceBinomial());
  registry.Add(ReduceChain());
  registry.Add(ReduceInSwitch());
  registry.Add(GatherDirect());
  registry.Add(GatherBinomial());
  registry.Add(ScatterDirect());
  registry.Add(ScatterBinomial());
  registry.Add(ScatterRead());
  registry.Add(BarrierDissemination());
}

}  // namespace upfabric::collectives
