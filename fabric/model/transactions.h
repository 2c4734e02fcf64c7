// What writes, reads and atomics take on the wire, each way.
//
// Models:  arithmetic for one transaction of many, not an event: what the engine sends are writes
//          (framing.h), and a read is a message that asks for another one. A read sends a request
//          and gets its data; an atomic sends operands and gets the old value.
//          NVLink and flits: a request is header flits alone; acknowledgements ride in headers.
//          UALink: fields of requests and responses, packed four requests to a 64 B transaction
//          flit, or alone in one; an atomic has 64 B of operands with 32 B of enables, neither
//          field compressed. Ethernet: a frame each way, acks left out.
// Omits:   flow control and credits (framing.h charges UALink's to writes), retries, masked writes.
// Source:  docs/sources.md, keys UALINK-200-1.0, NVLINK-P100, PCIE, CXL.

#ifndef UPFABRIC_FABRIC_MODEL_TRANSACTIONS_H_
#define UPFABRIC_FABRIC_MODEL_TRANSACTIONS_H_

#include "fabric/base/units.h"
#include "fabric/model/spec.h"

namespace upfabric::fabric {

enum class Transaction { kWrite, kRead, kAtomic };
enum class Packing { kPacked, kAlone };  // UALink's: among many others, or the only one

// Bytes at a link's data rate.
struct TransactionBytes {
  Ratio there;
  Ratio back;
};

// Requires: 1 <= payload <= the protocol's largest. An atomic takes its operand's size, but 64 B in
// UALink.
TransactionBytes BytesOf(const ProtocolSpec& protocol, Transaction transaction, Bytes payload,
                         Packing packing = Packing::kPacked);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRANSACTIONS_H_
