// A link as data: two ports and what lies between them, all of one direction.

#ifndef UPFABRIC_FABRIC_MODEL_LINK_SPEC_H_
#define UPFABRIC_FABRIC_MODEL_LINK_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fabric/base/ratio.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

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

  Bandwidth data_rate() const {  // of one direction, before the taxes
    return Bandwidth(lane_rate.bits_per_second() * Ratio(lanes) * coding);
  }
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_LINK_SPEC_H_
