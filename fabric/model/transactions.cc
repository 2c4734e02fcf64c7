#include "fabric/model/transactions.h"

#include <algorithm>
#include <cstdint>

namespace upfabric::fabric {
namespace {

int64_t CeilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

TransactionBytes OfFlits(const NvlinkSpec& spec, Transaction transaction, Bytes payload) {
  const int64_t flit = spec.flit.count();
  const int64_t header = spec.header_flits * flit;
  const int64_t with_data = header + CeilDivide(payload.count(), flit) * flit;
  switch (transaction) {
    case Transaction::kWrite:
      return {Ratio(with_data), Ratio(0)};
    case Transaction::kRead:
      return {Ratio(header), Ratio(with_data)};
    case Transaction::kAtomic:
      return {Ratio(with_data), Ratio(with_data)};
  }
  return {};
}

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

TransactionBytes OfEthernet(const EthernetSpec& spec, Transaction transaction, Bytes payload) {
  const auto frame = [&spec](int64_t data) {
    const int64_t transactions = std::max<int64_t>(1, CeilDivide(data, spec.transaction.count()));
    return Ratio(std::max(
        spec.min_frame.count(),
        spec.frame_overhead.count() + transactions * spec.transaction_header.count() + data));
  };
  switch (transaction) {
    case Transaction::kWrite:
      return {frame(payload.count()), Ratio(0)};
    case Transaction::kRead:
      return {frame(0), frame(payload.count())};
    case Transaction::kAtomic:
      return {frame(payload.count()), frame(payload.count())};
  }
  return {};
}

}  // namespace

TransactionBytes BytesOf(const ProtocolSpec& protocol, Transaction transaction, Bytes payload,
                         Packing packing) {
  if (const auto* nvlink = std::get_if<NvlinkSpec>(&protocol)) {
    return OfFlits(*nvlink, transaction, payload);
  }
  if (const auto* ualink = std::get_if<UalinkSpec>(&protocol)) {
    return OfUalink(*ualink, transaction, payload, packing);
  }
  return OfEthernet(std::get<EthernetSpec>(protocol), transaction, payload);
}

}  // namespace upfabric::fabric
