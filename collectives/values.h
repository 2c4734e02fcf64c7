// What ranks put into a collective, and what must come out: exactly predictable in every type.
//
// An input is a function of (seed, rank, element). Every partial result in any order is exact in
// the type for up to 1,024 ranks and beyond:
//   sum          whole numbers from 1, so small that they add up to at most what the type holds
//                exactly: 2^31 - 1 (float64, whole numbers of 32 and 64 bits), 2^24 (float32), 2^11
//                (float16), 2^8 (bfloat16), 2^4 (E4M3), 2^3 (E5M2). Where not even 2 for each rank
//                fits, a window of ranks, another for each element, contributes 1 or 2 and the
//                others 0. Whole numbers of 8 bits: any, whose sums wrap alike in any order.
//   avg          as sum, divided by the number of ranks at the end.
//   prod         signs and powers of two whose exponents add up to at most 1022 (float64), 126
//                (float32, bfloat16), 14 (float16, E5M2) or 6 (E4M3); where not even 1 for each
//                rank fits, again a window. Whole numbers: any odd ones, whose products wrap alike.
//   min, max     whole numbers: one drawn for the element, plus one drawn for rank and element.
//   no reduction any finite bits.
// README.md says what these let a check see. The reference is computed in integers, from the
// values, and shares no code with reduce.h.

#ifndef UPFABRIC_COLLECTIVES_VALUES_H_
#define UPFABRIC_COLLECTIVES_VALUES_H_

#include <cstdint>
#include <span>

#include "collectives/collective.h"
#include "collectives/type_format.h"

namespace upfabric::collectives {

class Values {
 public:
  // Requires: ValidateRequest(request) is ok.
  Values(const CollectiveRequest& request, uint64_t seed);

  // Bits, the lower ones of smaller types, of some elements of a rank's send buffer.
  // Requires: the spans have equal sizes.
  void Inputs(int rank, std::span<const int64_t> elements, std::span<uint64_t> bits) const;

  // Bits of some elements of a rank's receive buffer after the collective.
  void Results(int rank, std::span<const int64_t> elements, std::span<uint64_t> bits) const;

  // Whether every rank's receive buffer holds the same.
  bool SameInAllRanks() const;

 private:
  enum class Kind { kBits, kSum, kWrapSum, kProd, kOddProd, kMinMax };

  // Calls `action` with the kind as a constant, so that loops over elements have no branch on it.
  template <typename Action>
  void ForKind(const Action& action) const;

  uint64_t RankKey(int rank) const;
  uint64_t Hash(uint64_t rank_key, int64_t element) const;
  bool InWindow(int rank, int64_t element) const;
  uint64_t RawBits(uint64_t hash) const;
  // What a rank contributes, in the form that the reference computes with: a whole number, or for
  // kProd 2 x exponent, plus 1 if negative.
  template <Kind kKind>
  int64_t Contribution(int rank, uint64_t rank_key, int64_t element) const;
  template <Kind kKind>
  int64_t Combined(int64_t a, int64_t b) const;
  template <Kind kKind>
  uint64_t Encode(int64_t value) const;
  // Likewise of a reduction, which may be an average.
  template <Kind kKind>
  uint64_t EncodeResult(int64_t value) const;
  void ResultsOfMatrix(int rank, std::span<const int64_t> elements, std::span<uint64_t> bits) const;
  void Reduced(std::span<const int64_t> elements, int64_t shift, std::span<uint64_t> bits) const;

  CollectiveRequest request_;
  TypeFormat format_;
  uint64_t seed_;
  Kind kind_ = Kind::kBits;
  int window_ = 1;     // ranks that contribute to an element of a sum or product
  int64_t range_ = 1;  // values, or exponents, that such a rank draws from
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_VALUES_H_
