// Ethernet that may drop, as data: shared buffers of switches, transports of endpoints.
//
// Units: in the types. Requires (fabric/config checks): times, sizes and counts above 0 unless it
//        says otherwise.

#ifndef UPFABRIC_FABRIC_MODEL_ETHERNET_SPEC_H_
#define UPFABRIC_FABRIC_MODEL_ETHERNET_SPEC_H_

#include <optional>
#include <variant>

#include "fabric/base/ratio.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

// Priority flow control, of an input's virtual channel.
struct PauseSpec {
  Bytes above;
  Bytes below;  // at most `above`
};

struct SharedBufferSpec {
  Bytes size;
  Ratio alpha;
  Bytes mark_from;
  Bytes mark_all;     // at least mark_from
  Ratio mark_chance;  // at most 1
  std::optional<Bytes> trim_above;
  std::optional<PauseSpec> pause;
};

// See fabric/model/nscc.h.
struct NsccSpec {
  Ratio target;
  Ratio max_window;
  Bandwidth reference_rate;
  Picoseconds reference_round_trip;
  Ratio proportional_gain;
  Ratio fair_gain;
  Ratio constant_gain;
  Ratio fast_gain;
  Picoseconds fast_delay;
  Ratio decrease;
  Ratio average_weight;
  int adjust_packets = 1;
  int quick_gate = 1;
  Ratio quick_threshold;
};

// See fabric/model/dcqcn.h.
struct DcqcnSpec {
  Picoseconds notice_interval;
  Picoseconds alpha_interval;
  Picoseconds cut_interval;
  Picoseconds increase_interval;
  Ratio gain;
  Bandwidth additive_increase;
  Bandwidth hyper_increase;
  Bandwidth min_rate;
  int fast_rounds = 1;
};

enum class Recovery { kSelective, kGoBackN };

struct TransportSpec {
  Recovery recovery = Recovery::kSelective;
  int entropies = 1;  // 1 to 256
  Bytes ack_spacing;  // 0 allowed
  Picoseconds ack_delay;
  Picoseconds retransmit_timeout;
  std::variant<std::monostate, NsccSpec, DcqcnSpec> congestion_control;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ETHERNET_SPEC_H_
