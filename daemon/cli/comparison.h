// Why two fabrics differ, from the explanations that rows carry.
//
// Models:  at small sizes, the unloaded path of one packet, element by element; at large sizes, the
//          busiest channel, whose four factors multiply to the ratio of the times exactly.
// Omits:   waiting inside the fabric at small sizes; how many packets follow one another on the
//          critical path (a later breakdown).

#ifndef UPFABRIC_DAEMON_CLI_COMPARISON_H_
#define UPFABRIC_DAEMON_CLI_COMPARISON_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daemon/cli/numbers.h"
#include "fabric/base/units.h"
#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

// How far the figures behind a path element can be trusted: the weakest of them.
using ElementConfidence = std::function<v1::Confidence(absl::string_view element)>;

struct ElementDifference {
  std::string name;
  Picoseconds base;                                        // 0 where the fabric has no such element
  Picoseconds other;                                       // likewise
  v1::Confidence confidence = v1::CONFIDENCE_UNSPECIFIED;  // the weaker of the two fabrics'

  Picoseconds difference() const { return other - base; }
};

struct PathDifference {
  // Largest difference first, whatever its sign; equal ones in the order of the path.
  std::vector<ElementDifference> elements;
  Picoseconds base;          // sum over the elements
  Picoseconds other;         // likewise
  Picoseconds moved;         // sum of the differences without their signs
  Picoseconds on_estimates;  // the part of `moved` that an estimate is behind
};

// Elements are matched by their names without kind (element_confidence.h). The confidence of an
// element that a fabric lacks is not asked for.
PathDifference ComparePaths(const v1::Explanation& base, const ElementConfidence& base_confidence,
                            const v1::Explanation& other,
                            const ElementConfidence& other_confidence);

// What the busiest channel of a row did; all zero where no packet was sent.
struct ChannelUse {
  std::string name;
  Picoseconds time;  // of the row
  WideFraction payload_bytes;
  WideFraction efficiency;            // payload over wire bytes
  WideFraction gigabytes_per_second;  // wire bytes over busy time
  WideFraction utilization;           // busy over time
  Picoseconds credit_stall;
};
ChannelUse UseOfBusiestChannel(const v1::Row& row);

// By what each of the four factors multiplies the time, other over base. Their product is the ratio
// of the times.
struct TimeFactors {
  bool valid = false;  // both rows sent packets
  WideFraction payload;
  WideFraction efficiency;
  WideFraction data_rate;
  WideFraction utilization;
  WideFraction time;
};
TimeFactors CompareChannels(const v1::Row& base, const v1::Row& other);

// An entry of `results` for each collective; in it one for each fabric, with rows of the same
// sizes.
struct Comparison {
  std::vector<std::string> fabrics;
  std::vector<ElementConfidence> confidences;  // by fabric
  std::vector<std::vector<v1::Result>> results;
};

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_COMPARISON_H_
