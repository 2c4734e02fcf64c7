// The checked, strongly typed description of a fabric. fabric/config makes it from the proto, which
// documents each field; it is the only input of the model.
//
// Units: in the types. Requires (fabric/config checks): times >= 0, and injection, delivery and
// pipeline > 0; counts >= 1; sizes > 0.

#ifndef UPFABRIC_FABRIC_MODEL_SPEC_H_
#define UPFABRIC_FABRIC_MODEL_SPEC_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fabric/base/units.h"

namespace upfabric::fabric {

struct NvlinkSpec {
  int generation = 0;
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
};

// How a Reed-Solomon code lies over bits and flits.
struct CodeSpec {
  int64_t symbol_bits = 0;
  int64_t symbols = 0;       // of a codeword
  int64_t data_symbols = 0;  // of them
  int64_t flit_words = 0;    // codewords that a flit lies in
  int64_t correctable() const { return (symbols - data_symbols) / 2; }
};

struct FecSpec {
  Ratio codeword_bits;
  int interleave = 0;
  Picoseconds decode;
  std::optional<CodeSpec> code = std::nullopt;
};

struct RetimerSpec {
  std::string name;
  Picoseconds latency;
  std::optional<Ratio> energy = std::nullopt;  // pJ/bit, for listings
};

// Link-level retry, go-back-N.
struct RetrySpec {
  Bytes window;            // wire bytes that may be unacknowledged
  Bytes ack_spacing;       // wire bytes between acks, at most
  Picoseconds turnaround;  // receiver's nack and sender's restart, without the way between them
};

// What is left of bit errors after FEC, and how the link repairs it.
struct ErrorSpec {
  Ratio flit_error_rate;                               // 0 to 1/100
  std::optional<Ratio> bit_error_rate = std::nullopt;  // what it was computed from, if it was
  Bytes flit;                                          // on the wire; what the rate is stated for
  RetrySpec retry;
};

struct LinkSpec {
  int lanes = 0;
  Bandwidth lane_rate;
  Ratio coding;  // in (0, 1]
  Ratio idle_tax;
  Ratio marker_tax;
  Picoseconds phy_tx;
  Picoseconds phy_rx;
  bool has_fec = false;
  FecSpec fec;
  std::vector<RetimerSpec> retimers;
  std::string medium;
  Picoseconds medium_latency;                         // of what sits in it at both ends; 0: nothing
  Picoseconds propagation;                            // length x delay, rounded up to 1 ps
  std::optional<Ratio> medium_energy = std::nullopt;  // pJ/bit, for listings
  Bytes credit_step;          // buffer space in one return of credits; 0: that of each packet
  Picoseconds credit_resync;  // between comparisons of the counts of credits; 0: never
  bool has_errors = false;    // else no flit fails, and none can be made to
  ErrorSpec errors;
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

struct SwitchSpec {
  Picoseconds pipeline;
  int virtual_channels = 1;  // 1..8; with in_switch 1..7, requests have one more
  Bytes buffer_per_vc;
  int radix = 0;
  Arbitration arbitration = Arbitration::kOldestFirst;
  std::optional<InSwitchSpec> in_switch = std::nullopt;
};

// `planes` switches, each linked to every endpoint by `links` links.
struct PlaneGroupSpec {
  int planes = 0;
  int links = 0;
};

struct FabricSpec {
  std::string id;
  ProtocolSpec protocol;
  EndpointSpec endpoint;
  LinkSpec link;
  SwitchSpec switch_chip;
  int endpoints = 0;
  std::vector<PlaneGroupSpec> groups;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SPEC_H_
