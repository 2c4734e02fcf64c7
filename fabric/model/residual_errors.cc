#include "fabric/model/residual_errors.h"

#include "fabric/base/check.h"

namespace upfabric::fabric {

// Terms of the binomial distribution from most + 1 on: each is the one before it times a simple
// factor, all are positive, and they fall from some point on, so that the rest can be left out.
ScaledNumber ProbabilityOfMoreThan(int64_t most, int64_t count, ScaledNumber probability) {
  if (most >= count || probability.is_zero()) {
    return {};
  }
  const ScaledNumber one = ScaledNumber::From(Ratio(1));
  const ScaledNumber other = OneMinus(probability);
  if (other.is_zero()) {
    return one;
  }
  ScaledNumber term = Power(other, count);
  const ScaledNumber odds = Divide(probability, other);
  constexpr int kMantissaBits = 64;
  ScaledNumber sum;
  for (int64_t i = 1; i <= count; ++i) {
    term = Multiply(Multiply(term, odds), ScaledNumber::From(Ratio(count - i + 1, i)));
    if (i <= most) {
      continue;
    }
    sum = Add(sum, term);
    if (term.exponent < sum.exponent - kMantissaBits) {
      break;
    }
  }
  return sum.IsAtLeastOne() ? one : sum;
}

ScaledNumber WordErrorRate(Ratio bit_error_rate, const CodeSpec& code) {
  const ScaledNumber of_symbol =
      ProbabilityOfMoreThan(0, code.symbol_bits, ScaledNumber::From(bit_error_rate));
  return ProbabilityOfMoreThan(code.correctable(), code.symbols, of_symbol);
}

ScaledNumber FlitErrorRate(const LinkSpec& link) {
  UPF_CHECK(link.has_errors);
  const ErrorSpec& errors = link.errors;
  if (!errors.bit_error_rate.has_value()) {
    return ScaledNumber::From(errors.flit_error_rate);
  }
  if (!link.has_fec) {
    constexpr int64_t kBitsPerByte = 8;
    const Ratio wire_bits = Ratio(errors.flit.count() * kBitsPerByte) / link.coding;
    return ProbabilityOfMoreThan(0, wire_bits.Ceil(), ScaledNumber::From(*errors.bit_error_rate));
  }
  UPF_CHECK(link.fec.code.has_value());
  return ProbabilityOfMoreThan(0, link.fec.code->flit_words,
                               WordErrorRate(*errors.bit_error_rate, *link.fec.code));
}

}  // namespace upfabric::fabric
