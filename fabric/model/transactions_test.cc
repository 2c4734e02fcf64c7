// Goal: the published bytes of transactions, each way.

#include "fabric/model/transactions.h"

#include <gtest/gtest.h>

#include "tests/testing/fabric_specs.h"

namespace upfabric::fabric {
namespace {

using testing::Ethernet;
using testing::Nvlink;
using testing::Ualink;

// The tables of docs/sources.md, UALINK-200-1.0, are of the transaction layer.
UalinkSpec TransactionLayer() {
  UalinkSpec spec = Ualink();
  spec.flit = spec.flit_payload = Bytes(640);
  return spec;
}

// "One way only": full writes of 256 B 97.0 %, of 64 B 88.9 %, with 4 B back; reads 16 B there and
// 98.5 % back, of 64 B 94.1 %.
TEST(TransactionsTest, UalinkPackedHasThePublishedBytesEachWay) {
  const UalinkSpec spec = TransactionLayer();
  const TransactionBytes write = BytesOf(spec, Transaction::kWrite, Bytes(256));
  EXPECT_EQ(write.there, Ratio(264));
  EXPECT_EQ(write.back, Ratio(4));
  EXPECT_EQ(BytesOf(spec, Transaction::kWrite, Bytes(64)).there, Ratio(72));
  const TransactionBytes read = BytesOf(spec, Transaction::kRead, Bytes(256));
  EXPECT_EQ(read.there, Ratio(16));
  EXPECT_EQ(read.back, Ratio(260));
  EXPECT_EQ(BytesOf(spec, Transaction::kRead, Bytes(64)).back, Ratio(68));
}

// "Nothing batched": a request or response is a flit of 64 B; 64, 128, 192, 256 B of data take 2,
// 3, 4, 5 of them.
TEST(TransactionsTest, UalinkAloneTakesWholeFlits) {
  const UalinkSpec spec = TransactionLayer();
  for (int beats = 1; beats <= 4; ++beats) {
    const Bytes payload(64 * beats);
    const TransactionBytes write = BytesOf(spec, Transaction::kWrite, payload, Packing::kAlone);
    EXPECT_EQ(write.there, Ratio(64 * (beats + 1)));
    EXPECT_EQ(write.back, Ratio(64));
    const TransactionBytes read = BytesOf(spec, Transaction::kRead, payload, Packing::kAlone);
    EXPECT_EQ(read.there, Ratio(64));
    EXPECT_EQ(read.back, Ratio(64 * (beats + 1)));
  }
}

// Operands of 64 B with 32 B of enables behind an uncompressed request; 64 B of data come back.
TEST(TransactionsTest, UalinkAtomicsAreNeverCompressed) {
  const TransactionBytes atomic = BytesOf(TransactionLayer(), Transaction::kAtomic, Bytes(4));
  EXPECT_EQ(atomic.there, Ratio(16 + 64 + 32));
  EXPECT_EQ(atomic.back, Ratio(8 + 64));
}

TEST(TransactionsTest, DataLinkFlitsTakeTheirShare) {
  EXPECT_EQ(BytesOf(Ualink(), Transaction::kRead, Bytes(256)).back, Ratio(260) * Ratio(640, 628));
}

// docs/sources.md, NVLINK-P100: header flits, then up to 16 data flits of 16 B.
TEST(TransactionsTest, NvlinkReadsAreHeadersThereAndAPacketBack) {
  const TransactionBytes read = BytesOf(Nvlink(), Transaction::kRead, Bytes(256));
  EXPECT_EQ(read.there, Ratio(32));
  EXPECT_EQ(read.back, Ratio(288));
  EXPECT_EQ(BytesOf(Nvlink(), Transaction::kWrite, Bytes(256)).there, Ratio(288));
  EXPECT_EQ(BytesOf(Nvlink(), Transaction::kAtomic, Bytes(4)).there, Ratio(48));
}

// docs/sources.md, CXL: a line moves in five slots of 16 B.
TEST(TransactionsTest, ACxlLoadIsASlotThereAndFiveBack) {
  NvlinkSpec cxl = Nvlink();
  cxl.header_flits = 1;
  cxl.max_payload = Bytes(64);
  const TransactionBytes load = BytesOf(cxl, Transaction::kRead, Bytes(64));
  EXPECT_EQ(load.there, Ratio(16));
  EXPECT_EQ(load.back, Ratio(5 * 16));
}

TEST(TransactionsTest, EthernetReadsAreASmallestFrameThereAndAFrameBack) {
  const TransactionBytes read = BytesOf(Ethernet(), Transaction::kRead, Bytes(256));
  EXPECT_EQ(read.there, Ratio(84));
  EXPECT_EQ(read.back, Ratio(54 + 256));
}

}  // namespace
}  // namespace upfabric::fabric
