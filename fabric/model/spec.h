// The checked, strongly typed description of a fabric. fabric/config makes it from the proto, which
// documents each field; it is the only input of the model.
//
// Units: in the types. Requires (fabric/config checks): times >= 0, and injection, delivery and
// pipeline > 0; counts >= 1; sizes > 0.

#ifndef UPFABRIC_FABRIC_MODEL_SPEC_H_
#define UPFABRIC_FABRIC_MODEL_SPEC_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fabric/base/units.h"
#include "fabric/model/ethernet_spec.h"
#include "fabric/model/link_spec.h"
#include "fabric/model/router.h"
#include "fabric/model/shape_spec.h"

namespace upfabric::fabric {

// Also any other protocol of whole flits.
struct NvlinkSpec {
  int generation = 0;  // 0: not NVLink
  Bytes flit;
  Bytes max_payload;  // a multiple of flit
  int header_flits = 0;
};

struct UalinkSpec {
  Bytes beat;
  Bytes max_payload;  // a multiple of beat
  Bytes request;
  Bytes response;
  Ratio flow_control_bytes;  // for each transaction
  Bytes flit;
  Bytes flit_payload;  // at most flit
};

struct EthernetSpec {
  std::string profile;
  Bytes max_payload;  // a multiple of transaction
  Bytes transaction;
  Bytes transaction_header;
  Bytes frame_overhead;
  Bytes min_frame;
};

using ProtocolSpec = std::variant<NvlinkSpec, UalinkSpec, EthernetSpec>;

// What an endpoint sends over one link: every packet of a message over the next one, a whole
// message over one by its name, or all that goes to one destination.
enum class Spread { kPackets, kMessages, kDestinations };

struct EndpointSpec {
  Picoseconds injection;
  Picoseconds delivery;
  Bandwidth memory_bandwidth;
  Picoseconds local_latency;
  Bytes buffer_per_vc;
  Spread spread = Spread::kPackets;
  std::optional<TransportSpec> transport = std::nullopt;  // where switches have shared buffers
};

// Multicast and reduction inside a switch chip.
struct InSwitchSpec {
  int groups = 0;         // multicast groups of a fabric, at most 65,536
  int sessions = 0;       // of a chip, split evenly over its ports
  Bytes session_payload;  // that one session reduces; rounded down to full packets, 1 to 256
  int units = 1;
  Bandwidth throughput;  // of answers, through all units of a chip
  Picoseconds latency;   // of a unit
};

// What a record can name, those of requests of reduce-reads included.
inline constexpr int kVirtualChannelsMax = 8;

// Which of several packets that wait for one output goes first: the one that came first, or the
// next input's in turn.
enum class Arbitration { kOldestFirst, kRoundRobin };

// Where packets wait inside a switch: each input has a queue for each output, or one in all (of
// each virtual channel).
enum class Queueing { kOutputs, kInputs };

struct SwitchSpec {
  Picoseconds pipeline;
  Routing routing = Routing::kStatic;
  Queueing queueing = Queueing::kOutputs;
  int virtual_channels = 1;  // 1..8; with in_switch 1..7, requests have one more
  Bytes buffer_per_vc;
  int radix = 0;
  Arbitration arbitration = Arbitration::kOldestFirst;
  std::optional<InSwitchSpec> in_switch = std::nullopt;
  std::optional<SharedBufferSpec> shared_buffer = std::nullopt;  // instead of buffer_per_vc

  // Packets of a message on one link can take different ways.
  bool scatters() const { return routing == Routing::kSprayed || routing == Routing::kAdaptive; }
};

// `planes` switches, each linked to every endpoint by `links` links.
struct PlaneGroupSpec {
  int planes = 0;
  int links = 0;
};

struct FabricSpec;

// Copies of a fabric, the pods, whose endpoints are also joined by another one.
struct ScaleOutSpec {
  int pods = 1;
  std::shared_ptr<const FabricSpec> network;  // of all endpoints of all pods
};

struct FabricSpec {
  std::string id;
  ProtocolSpec protocol;
  EndpointSpec endpoint;
  LinkSpec link;
  SwitchSpec switch_chip;
  int endpoints = 0;
  std::vector<PlaneGroupSpec> groups;  // of a fabric without another shape
  ShapeSpec shape;
  // Links and chips of other kinds than the two above, which are kind 0.
  std::vector<LinkSpec> more_links;
  std::vector<SwitchSpec> more_switches;
  std::optional<ScaleOutSpec> scale_out = std::nullopt;

  int pods() const { return scale_out.has_value() ? scale_out->pods : 1; }
  int all_endpoints() const { return endpoints * pods(); }
  const LinkSpec& LinkOfKind(int kind) const {
    return kind == 0 ? link : more_links[static_cast<size_t>(kind) - 1];
  }
  const SwitchSpec& SwitchOfKind(int kind) const {
    return kind == 0 ? switch_chip : more_switches[static_cast<size_t>(kind) - 1];
  }
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SPEC_H_
