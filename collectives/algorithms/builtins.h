// Makers of the built-in algorithms, one a file beside this one.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTINS_H_
#define UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTINS_H_

#include <memory>

#include "collectives/algorithm.h"

namespace upfabric::collectives {

std::unique_ptr<Algorithm> AllReduceOneShot();
std::unique_ptr<Algorithm> AllReduceTwoShot();
std::unique_ptr<Algorithm> AllReduceRing();
std::unique_ptr<Algorithm> AllReduceRecursiveDoubling();
std::unique_ptr<Algorithm> AllReduceHalvingDoubling();
std::unique_ptr<Algorithm> AllReduceRingBidirectional();
std::unique_ptr<Algorithm> AllReduceDoubleBinaryTree();
std::unique_ptr<Algorithm> AllReduceHierarchical();
std::unique_ptr<Algorithm> AllReduceTorus();
std::unique_ptr<Algorithm> AllReduceInSwitch();
std::unique_ptr<Algorithm> AllGatherDirect();
std::unique_ptr<Algorithm> AllGatherRing();
std::unique_ptr<Algorithm> AllGatherRecursiveDoubling();
std::unique_ptr<Algorithm> AllGatherBruck();
std::unique_ptr<Algorithm> AllGatherPat();
std::unique_ptr<Algorithm> AllGatherInSwitch();
std::unique_ptr<Algorithm> ReduceScatterDirect();
std::unique_ptr<Algorithm> ReduceScatterRing();
std::unique_ptr<Algorithm> ReduceScatterRecursiveHalving();
std::unique_ptr<Algorithm> ReduceScatterPat();
std::unique_ptr<Algorithm> ReduceScatterInSwitch();
std::unique_ptr<Algorithm> AllToAllDirect();
std::unique_ptr<Algorithm> AllToAllPairwise();
std::unique_ptr<Algorithm> AllToAllBruck();
std::unique_ptr<Algorithm> AllToAllHierarchical();
std::unique_ptr<Algorithm> BroadcastFlat();
std::unique_ptr<Algorithm> BroadcastScatterGather();
std::unique_ptr<Algorithm> BroadcastChain();
std::unique_ptr<Algorithm> BroadcastBinomial();
std::unique_ptr<Algorithm> BroadcastInSwitch();
std::unique_ptr<Algorithm> SendRecvDirect();
std::unique_ptr<Algorithm> ReduceDirect();
std::unique_ptr<Algorithm> ReduceBinomial();
std::unique_ptr<Algorithm> ReduceChain();
std::unique_ptr<Algorithm> ReduceInSwitch();
std::unique_ptr<Algorithm> GatherDirect();
std::unique_ptr<Algorithm> GatherBinomial();
std::unique_ptr<Algorithm> ScatterDirect();
std::unique_ptr<Algorithm> ScatterBinomial();
std::unique_ptr<Algorithm> ScatterRead();
std::unique_ptr<Algorithm> BarrierDissemination();

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTINS_H_
