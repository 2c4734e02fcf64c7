#include "collectives/values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>

#include "collectives/patterns/ring.h"
#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"

namespace upfabric::collectives {

namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;

// Pedantic GCC knows the type only as an extension.
__extension__ using Uint128 = unsigned __int128;

// GCC 12 gives std::bit_width the type of its argument.
int WidthOf(uint64_t value) { return static_cast<int>(std::bit_width(value)); }

// A float's bits, without the sign, for value / divisor, rounded to nearest, ties to even. Exact
// for a divisor of 1 and whole numbers that the type holds. Requires: value >= 0, divisor >= 1.
uint64_t EncodeRatio(const TypeFormat& format, int64_t value, int64_t divisor) {
  if (value == 0) {
    return 0;
  }
  const auto whole = static_cast<uint64_t>(value);
  int exponent = WidthOf(whole) - WidthOf(static_cast<uint64_t>(divisor));
  const int up = std::max(exponent, 0);
  if (whole << (up - exponent) < static_cast<uint64_t>(divisor) << up) {
    --exponent;
  }
  exponent = std::max(exponent, 1 - format.exponent_bias);
  const int shift = format.mantissa_bits - exponent;
  const Uint128 dividend = Uint128{whole} << std::max(shift, 0);
  const Uint128 by = static_cast<Uint128>(divisor) << std::max(-shift, 0);
  auto quotient = static_cast<uint64_t>(dividend / by);
  const Uint128 rest = dividend % by;
  quotient += rest * 2 > by || (rest * 2 == by && (quotient & 1) != 0) ? 1 : 0;
  // The leading one of a normal number adds 1 to the exponent's field.
  return quotient +
         (static_cast<uint64_t>(exponent + format.exponent_bias - 1) << format.mantissa_bits);
}

// A whole number that the type holds exactly.
uint64_t EncodeWhole(const TypeFormat& format, int64_t value) {
  if (!format.is_float) {
    return static_cast<uint64_t>(value);
  }
  const auto magnitude = static_cast<uint64_t>(value < 0 ? -value : value);
  if (magnitude == 0) {
    return 0;
  }
  const int exponent = WidthOf(magnitude) - 1;
  const int shift = format.mantissa_bits - exponent;
  const uint64_t mantissa = shift >= 0 ? magnitude << shift : magnitude >> -shift;
  return mantissa +
         (static_cast<uint64_t>(exponent + format.exponent_bias - 1) << format.mantissa_bits) +
         (uint64_t{value < 0} << (format.bits - 1));
}

// Requires: a float, and an exponent that it holds.
uint64_t EncodePowerOfTwo(const TypeFormat& format, int64_t exponent, bool negative) {
  return static_cast<uint64_t>(exponent + format.exponent_bias) << format.mantissa_bits |
         uint64_t{negative} << (format.bits - 1);
}

// The lower bits of a whole number as one of the type.
int64_t Wrapped(const TypeFormat& format, int64_t value) {
  const int unused = 64 - format.bits;
  const auto shifted = static_cast<uint64_t>(value) << unused;
  return format.is_signed ? static_cast<int64_t>(shifted) >> unused
                          : static_cast<int64_t>(shifted >> unused);
}

// A draw in [0, range) from the upper half of a hash. Requires: range <= 2^32.
int64_t Draw(uint64_t hash, int64_t range) {
  return static_cast<int64_t>((hash >> 32) * static_cast<uint64_t>(range) >> 32);
}

}  // namespace

Values::Values(const CollectiveRequest& request, uint64_t seed)
    : request_(request), format_(FormatOf(request.type)), seed_(Mix(seed + kGolden)) {
  if (!Reduces(request.collective)) {
    return;
  }
  const int64_t ranks = request.ranks;
  switch (request.op) {
    case ReduceOp::kSum:
    case ReduceOp::kAvg: {
      if (!format_.is_float && format_.bits < 32) {
        kind_ = Kind::kWrapSum;
        break;
      }
      kind_ = Kind::kSum;
      const int64_t max = format_.whole_max();
      window_ = static_cast<int>(std::min(ranks, max / 2));
      range_ = max / window_;
      break;
    }
    case ReduceOp::kProd: {
      if (!format_.is_float) {
        kind_ = Kind::kOddProd;
        break;
      }
      kind_ = Kind::kProd;
      const int64_t max = format_.exponent_max;
      window_ = static_cast<int>(std::min(ranks, max));
      range_ = max / window_;
      break;
    }
    case ReduceOp::kMin:
    case ReduceOp::kMax:
      kind_ = Kind::kMinMax;
      range_ = std::min(format_.whole_max(), int64_t{1} << 23) / 2;
      break;
  }
}

bool Values::SameInAllRanks() const {
  return request_.collective == Collective::kAllReduce ||
         request_.collective == Collective::kAllGather ||
         request_.collective == Collective::kBroadcast;
}

template <typename Action>
void Values::ForKind(const Action& action) const {
  switch (kind_) {
    case Kind::kBits:
      return action(std::integral_constant<Kind, Kind::kBits>());
    case Kind::kSum:
      return action(std::integral_constant<Kind, Kind::kSum>());
    case Kind::kWrapSum:
      return action(std::integral_constant<Kind, Kind::kWrapSum>());
    case Kind::kProd:
      return action(std::integral_constant<Kind, Kind::kProd>());
    case Kind::kOddProd:
      return action(std::integral_constant<Kind, Kind::kOddProd>());
    case Kind::kMinMax:
      return action(std::integral_constant<Kind, Kind::kMinMax>());
  }
}

uint64_t Values::RankKey(int rank) const {
  return Mix(seed_ + static_cast<uint64_t>(rank + 1) * kGolden);
}

uint64_t Values::Hash(uint64_t rank_key, int64_t element) const {
  return Mix(rank_key + static_cast<uint64_t>(element) * kGolden);
}

// The window starts at another rank for each element.
bool Values::InWindow(int rank, int64_t element) const {
  if (window_ == request_.ranks) {
    return true;
  }
  const int64_t start = Draw(Hash(~seed_, element), request_.ranks);
  const int64_t position = rank - start;
  return (position < 0 ? position + request_.ranks : position) < window_;
}

// The upper bits of a hash; floats without the exponents of infinity and NaN.
uint64_t Values::RawBits(uint64_t hash) const {
  const uint64_t bits = hash >> (64 - format_.bits);
  return format_.is_float ? bits & ~(uint64_t{1} << (format_.bits - 2)) : bits;
}

template <Values::Kind kKind>
int64_t Values::Contribution(int rank, uint64_t rank_key, int64_t element) const {
  const uint64_t hash = Hash(rank_key, element);
  if constexpr (kKind == Kind::kSum) {
    return InWindow(rank, element) ? 1 + Draw(hash, range_) : 0;
  } else if constexpr (kKind == Kind::kProd) {
    const bool inverse = (hash & 2) != 0;
    const int64_t exponent = InWindow(rank, element) ? 1 + Draw(hash, range_) : 0;
    return 2 * (inverse ? -exponent : exponent) + static_cast<int64_t>(hash & 1);
  } else if constexpr (kKind == Kind::kOddProd) {
    return static_cast<int64_t>(RawBits(hash) | 1);
  } else if constexpr (kKind == Kind::kMinMax) {
    const int64_t least = format_.is_signed ? -range_ : 0;
    return Draw(Hash(~seed_, element), range_) + Draw(hash, range_) + least;
  } else {
    return static_cast<int64_t>(RawBits(hash));
  }
}

template <Values::Kind kKind>
int64_t Values::Combined(int64_t a, int64_t b) const {
  if constexpr (kKind == Kind::kSum || kKind == Kind::kWrapSum) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else if constexpr (kKind == Kind::kProd) {
    // Exponents add up; signs, in the lowest bit, cancel.
    return ((a >> 1) + (b >> 1)) * 2 | ((a ^ b) & 1);
  } else if constexpr (kKind == Kind::kOddProd) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return request_.op == ReduceOp::kMin ? std::min(a, b) : std::max(a, b);
  }
}

template <Values::Kind kKind>
uint64_t Values::Encode(int64_t value) const {
  if constexpr (kKind == Kind::kBits) {
    return static_cast<uint64_t>(value);
  } else if constexpr (kKind == Kind::kProd) {
    return EncodePowerOfTwo(format_, value >> 1, (value & 1) != 0);
  } else {
    return EncodeWhole(format_, value);
  }
}

template <Values::Kind kKind>
uint64_t Values::EncodeResult(int64_t value) const {
  if (request_.op != ReduceOp::kAvg) {
    return Encode<kKind>(value);
  }
  return format_.is_float ? EncodeRatio(format_, value, request_.ranks)
                          : static_cast<uint64_t>(Wrapped(format_, value) / request_.ranks);
}

void Values::Inputs(int rank, std::span<const int64_t> elements, std::span<uint64_t> bits) const {
  UPF_CHECK_OP(elements.size(), ==, bits.size());
  const uint64_t rank_key = RankKey(rank);
  ForKind([&](auto kind) {
    for (size_t i = 0; i < elements.size(); ++i) {
      bits[i] = Encode<kind()>(Contribution<kind()>(rank, rank_key, elements[i]));
    }
  });
}

// Results of the reduction of input elements elements[i] + shift.
void Values::Reduced(std::span<const int64_t> elements, int64_t shift,
                     std::span<uint64_t> bits) const {
  constexpr size_t kBlock = 512;
  std::array<int64_t, kBlock> result;
  ForKind([&](auto kind) {
    for (size_t first = 0; first < elements.size(); first += kBlock) {
      const size_t count = std::min(kBlock, elements.size() - first);
      for (int rank = 0; rank < request_.ranks; ++rank) {
        const uint64_t rank_key = RankKey(rank);
        for (size_t i = 0; i < count; ++i) {
          const int64_t value = Contribution<kind()>(rank, rank_key, elements[first + i] + shift);
          result[i] = rank == 0 ? value : Combined<kind()>(result[i], value);
        }
      }
      for (size_t i = 0; i < count; ++i) {
        bits[first + i] = EncodeResult<kind()>(result[i]);
      }
    }
  });
}

void Values::ResultsOfMatrix(int rank, std::span<const int64_t> elements,
                             std::span<uint64_t> bits) const {
  const CountMatrix& matrix = *request_.matrix;
  for (size_t i = 0; i < elements.size(); ++i) {
    const int source = matrix.SourceOf(rank, elements[i]);
    const int64_t at =
        elements[i] - matrix.RecvOffset(source, rank) + matrix.SendOffset(source, rank);
    bits[i] = RawBits(Hash(RankKey(source), at));
  }
}

void Values::Results(int rank, std::span<const int64_t> elements, std::span<uint64_t> bits) const {
  UPF_CHECK_OP(elements.size(), ==, bits.size());
  const int64_t count = request_.count;
  switch (request_.collective) {
    case Collective::kAllReduce:
      return Reduced(elements, 0, bits);
    case Collective::kReduceScatter:
      return Reduced(elements, rank * count, bits);
    case Collective::kBroadcast:
      return Inputs(request_.root, elements, bits);
    case Collective::kSendRecv:
      return Inputs(RingShift(rank, -1, request_.ranks), elements, bits);
    case Collective::kReduce:
      return Reduced(elements, 0, bits);
    case Collective::kScatter: {
      const uint64_t root_key = RankKey(request_.root);
      for (size_t i = 0; i < elements.size(); ++i) {
        bits[i] = RawBits(Hash(root_key, elements[i] + rank * count));
      }
      return;
    }
    case Collective::kAllGather:
    case Collective::kAllToAll:
    case Collective::kGather:
      break;
    case Collective::kBarrier:
      return;  // it has no result
  }
  if (request_.matrix != nullptr) {
    return ResultsOfMatrix(rank, elements, bits);
  }
  // Block p of the output is rank p's: all of its input, or its block for this rank.
  const int64_t shift = request_.collective == Collective::kAllToAll ? rank * count : 0;
  int source = -1;
  uint64_t source_key = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto owner = static_cast<int>(elements[i] / count);
    if (owner != source) {
      source = owner;
      source_key = RankKey(owner);
    }
    bits[i] = RawBits(Hash(source_key, elements[i] - owner * count + shift));
  }
}

}  // namespace upfabric::collectives
