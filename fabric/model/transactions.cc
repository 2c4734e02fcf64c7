#include "fabric/model/transactions.h"

#include <algorithm>
#include <cstdint>

#include "fabric/base/check.h"
#include "fabric/model/framing.h"

namespace upfabric::fabric {
namespace {

int64_t CeilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Of one that stands alone: its control half, 32 B, and its data, in whole transaction flits.
int64_t UalinkAlone(const UalinkSpec& spec, int64_t data) {
  const int64_t flit = spec.beat.count();
  return CeilDivide(flit / 2 + data, flit) * flit;
}

TransactionBytes OfUalink(const UalinkSpec& spec, Transaction transaction, Bytes payload,
                          Packing packing) {
  constexpr int64_t kRequestsOfFlit = 4;
  constexpr int64_t kUncompressedRequest = 16;
  constexpr int64_t kUncompressedResponse = 8;
  constexpr int64_t kOperands = 64;
  constexpr int64_t kEnables = 32;
  const bool alone = packing == Packing::kAlone;
  const int64_t beat = spec.beat.count();
  const int64_t data = CeilDivide(payload.count(), beat) * beat;
  int64_t there = 0;
  int64_t back = 0;
  switch (transaction) {
    case Transaction::kWrite:
      there = alone ? UalinkAlone(spec, data) : spec.request.count() + data;
      back = alone ? beat : spec.response.count();
      break;
    case Transaction::kRead:
      there = alone ? beat : std::max(spec.request.count(), beat / kRequestsOfFlit);
      back = alone ? UalinkAlone(spec, data) : spec.response.count() + data;
      break;
    case Transaction::kAtomic:
      there = alone ? UalinkAlone(spec, kOperands + kEnables)
                    : kUncompressedRequest + kOperands + kEnables;
      back = alone ? UalinkAlone(spec, kOperands) : kUncompressedResponse + kOperands;
      break;
  }
  const Ratio flits(spec.flit.count(), spec.flit_payload.count());
  return {Ratio(there) * flits, Ratio(back) * flits};
}

// A request is a packet without payload.
TransactionBytes OfPackets(const ProtocolSpec& protocol, Transaction transaction, Bytes payload) {
  const absl::StatusOr<Framing> framing = Framing::Create(protocol);
  UPF_CHECK(framing.ok());
  const auto packet = [&framing](Bytes data) {
    return framing->unit_bytes() * Ratio(framing->UnitsOf(data));
  };
  switch (transaction) {
    case Transaction::kWrite:
      return {packet(payload), Ratio(0)};
    case Transaction::kRead:
      return {packet(Bytes(0)), packet(payload)};
    case Transaction::kAtomic:
      return {packet(payload), packet(payload)};
  }
  return {};
}

}  // namespace

TransactionBytes BytesOf(const ProtocolSpec& protocol, Transaction transaction, Bytes payload,
                         Packing packing) {
  const auto* ualink = std::get_if<UalinkSpec>(&protocol);
  return ualink != nullptr ? OfUalink(*ualink, transaction, payload, packing)
                           : OfPackets(protocol, transaction, payload);
}

}  // namespace upfabric::fabric
