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

// Largest whole number such that it and all below it are exact.
int64_t ExactMax(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return int64_t{1} << 24;
    case DataType::kFloat16:
      return int64_t{1} << 11;
    case DataType::kBfloat16:
      return int64_t{1} << 8;
    case DataType::kInt32:
      return (int64_t{1} << 31) - 1;
  }
  return 1;
}

// Largest exponent, up or down, of a product.
int64_t ExponentMax(DataType type) {
  switch (type) {
    case DataType::kFloat32:
    case DataType::kBfloat16:
      return 126;
    case DataType::kFloat16:
      return 14;
    case DataType::kInt32:
      break;  // products of odd numbers
  }
  return 0;
}

// A whole number that the type holds exactly.
uint32_t EncodeWhole(DataType type, int64_t value) {
  if (type == DataType::kInt32) {
    return static_cast<uint32_t>(value);
  }
  const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  if (type == DataType::kFloat32) {
    return bits;
  }
  if (type == DataType::kBfloat16) {
    return bits >> 16;
  }
  // float16 has 13 fraction bits less, and a bias that is 112 less.
  const uint32_t magnitude = value == 0 ? 0 : ((bits & 0x7fffffff) >> 13) - (112u << 10);
  return (bits >> 16 & 0x8000) | magnitude;
}

// Requires: a type with an exponent, and one that it holds.
uint32_t EncodePowerOfTwo(DataType type, int64_t exponent, bool negative) {
  switch (type) {
    case DataType::kFloat16:
      return static_cast<uint32_t>(exponent + 15) << 10 | uint32_t{negative} << 15;
    case DataType::kBfloat16:
      return static_cast<uint32_t>(exponent + 127) << 7 | uint32_t{negative} << 15;
    case DataType::kFloat32:
    case DataType::kInt32:
      break;
  }
  return static_cast<uint32_t>(exponent + 127) << 23 | uint32_t{negative} << 31;
}

// A draw in [0, range) from the upper half of a hash. Requires: range <= 2^32.
int64_t Draw(uint64_t hash, int64_t range) {
  return static_cast<int64_t>((hash >> 32) * static_cast<uint64_t>(range) >> 32);
}

}  // namespace

Values::Values(const CollectiveRequest& request, uint64_t seed)
    : request_(request), seed_(Mix(seed + kGolden)) {
  if (!Reduces(request.collective)) {
    return;
  }
  const int64_t ranks = request.ranks;
  switch (request.op) {
    case ReduceOp::kSum: {
      kind_ = Kind::kSum;
      const int64_t max = ExactMax(request.type);
      window_ = static_cast<int>(std::min(ranks, max / 2));
      range_ = max / window_;
      break;
    }
    case ReduceOp::kProd: {
      if (request.type == DataType::kInt32) {
        kind_ = Kind::kOddProd;
        break;
      }
      kind_ = Kind::kProd;
      const int64_t max = ExponentMax(request.type);
      window_ = static_cast<int>(std::min(ranks, max));
      range_ = max / window_;
      break;
    }
    case ReduceOp::kMin:
    case ReduceOp::kMax:
      kind_ = Kind::kMinMax;
      range_ = std::min(ExactMax(request.type), int64_t{1} << 23) / 2;
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

uint32_t Values::RawBits(uint64_t hash) const {
  const auto bits = static_cast<uint32_t>(hash >> 32);
  switch (request_.type) {
    case DataType::kInt32:
      return bits;
    case DataType::kFloat32:
      return bits & ~(uint32_t{1} << 30);  // no infinity, no NaN
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return bits & 0xbfff;
  }
  return bits;
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
    return RawBits(hash) | 1;
  } else if constexpr (kKind == Kind::kMinMax) {
    return Draw(Hash(~seed_, element), range_) + Draw(hash, range_) - range_;
  } else {
    return RawBits(hash);
  }
}

template <Values::Kind kKind>
int64_t Values::Combined(int64_t a, int64_t b) const {
  if constexpr (kKind == Kind::kSum) {
    return a + b;
  } else if constexpr (kKind == Kind::kProd) {
    // Exponents add up; signs, in the lowest bit, cancel.
    return ((a >> 1) + (b >> 1)) * 2 | ((a ^ b) & 1);
  } else if constexpr (kKind == Kind::kOddProd) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) & 0xffffffff);
  } else {
    return request_.op == ReduceOp::kMin ? std::min(a, b) : std::max(a, b);
  }
}

template <Values::Kind kKind>
uint32_t Values::Encode(int64_t value) const {
  if constexpr (kKind == Kind::kBits) {
    return static_cast<uint32_t>(value);
  } else if constexpr (kKind == Kind::kProd) {
    return EncodePowerOfTwo(request_.type, value >> 1, (value & 1) != 0);
  } else {
    return EncodeWhole(request_.type, value);
  }
}

void Values::Inputs(int rank, std::span<const int64_t> elements, std::span<uint32_t> bits) const {
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
                     std::span<uint32_t> bits) const {
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
        bits[first + i] = Encode<kind()>(result[i]);
      }
    }
  });
}

void Values::ResultsOfMatrix(int rank, std::span<const int64_t> elements,
                             std::span<uint32_t> bits) const {
  const CountMatrix& matrix = *request_.matrix;
  for (size_t i = 0; i < elements.size(); ++i) {
    const int source = matrix.SourceOf(rank, elements[i]);
    const int64_t at =
        elements[i] - matrix.RecvOffset(source, rank) + matrix.SendOffset(source, rank);
    bits[i] = RawBits(Hash(RankKey(source), at));
  }
}

void Values::Results(int rank, std::span<const int64_t> elements, std::span<uint32_t> bits) const {
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
