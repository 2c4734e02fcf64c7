// What forward error correction leaves of bit errors: the rate of flits that fail.
//
// Models:  bit errors that are independent, at one rate on all lanes; a code that corrects up to t
//          symbols of a word (Reed-Solomon), a word with more wrong symbols being lost; a flit that
//          fails with any word it lies in. Without a code any wrong bit of a flit makes it fail.
// Omits:   bursts (error propagation of equalizers, which interleaving and precoding break up), so
//          what is computed for lanes that have them is too low; words that are decoded wrongly.
// Errors:  integers only, the same on every machine. A result is within 1e-12 of itself.
// Source:  docs/sources.md, keys IEEE-802.3 and AN846 (RS(544,514), 10-bit symbols, t = 15).

#ifndef UPFABRIC_FABRIC_MODEL_RESIDUAL_ERRORS_H_
#define UPFABRIC_FABRIC_MODEL_RESIDUAL_ERRORS_H_

#include <cstdint>

#include "fabric/base/scaled_number.h"
#include "fabric/model/spec.h"

namespace upfabric::fabric {

// Probability that more than `most` of `count` independent things happen, each with `probability`,
// at most 1.
ScaledNumber ProbabilityOfMoreThan(int64_t most, int64_t count, ScaledNumber probability);

// Rate of codewords that cannot be corrected.
ScaledNumber WordErrorRate(Ratio bit_error_rate, const CodeSpec& code);

// Rate of flits that fail: as given, or from the bit error rate if there is one.
// Requires: link.has_errors; with bit errors and a FEC, link.fec.code.
ScaledNumber FlitErrorRate(const LinkSpec& link);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_RESIDUAL_ERRORS_H_
