// What a fabric's figures show of themselves: all of them with their fields, and the weakest word.

#ifndef UPFABRIC_FABRIC_CONFIG_FIGURES_H_
#define UPFABRIC_FABRIC_CONFIG_FIGURES_H_

#include <string>
#include <vector>

#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

struct NamedFigure {
  std::string path;  // "link.retimers[0].latency"
  v1::Figure figure;
};

// Every figure that is present, in the order of the schema.
std::vector<NamedFigure> ListFigures(const v1::Fabric& fabric);

// The weakest confidence of all figures; UNSPECIFIED if one lacks it or there is none.
v1::Confidence WeakestConfidence(const v1::Fabric& fabric);

// "spec", "measured", "vendor", "estimate"; "unspecified" for anything else.
std::string ConfidenceWord(v1::Confidence confidence);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_FIGURES_H_
