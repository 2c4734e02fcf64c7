// Goal: the two ends of a flow deliver every packet once, whatever is lost, late or out of order.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "fabric/model/receive_flow.h"
#include "fabric/model/send_flow.h"

namespace upfabric::fabric {
namespace {

using sim::Record;

constexpr uint16_t kFull = 100;  // bytes of a full packet, and its wire units

Record Share(uint32_t packets, uint16_t last_payload = kFull) {
  Record share;
  share.packets = packets;
  share.set_payload(last_payload);
  return share;
}

class SendFlowTest : public ::testing::Test {
 protected:
  SendFlowTest() {
    for (uint32_t payload = 0; payload <= kFull; ++payload) {
      shapes_.push_back({static_cast<sim::Ticks>(payload), payload});
    }
    times_.shapes = &shapes_;
    times_.full_payload = kFull;
    spec_.entropies = 4;
  }
  SendFlow& Flow() {
    if (flow_ == nullptr) {
      flow_ = std::make_unique<SendFlow>(times_, spec_, std::make_unique<CongestionControl>(), 0);
    }
    return *flow_;
  }
  // Positions of the packets that go now, with 100 for each share before.
  std::vector<uint32_t> SendAll() {
    std::vector<uint32_t> positions;
    while (Flow().CanSend()) {
      Record left;
      const Record packet = Flow().Send(now_, left);
      positions.push_back(packet.via * 100u + packet.position);
    }
    return positions;
  }
  static Record Control(uint16_t share, uint32_t position, uint32_t others = 0) {
    Record control;
    control.via = share;
    control.position = position;
    control.tag = ControlTag{ControlKind::kAck, 0, others}.Pack();
    return control;
  }

  std::vector<PacketShape> shapes_;
  HopTimes times_;
  TransportSpec spec_;
  std::unique_ptr<SendFlow> flow_;
  sim::Ticks now_ = 0;
};

TEST_F(SendFlowTest, NamesPacketsByShareAndPosition) {
  Flow().Add(Share(2));
  Flow().Add(Share(1, 7));
  EXPECT_EQ(Flow().NextPayload(), kFull);
  EXPECT_THAT(SendAll(), ::testing::ElementsAre(1, 2, 101));
  EXPECT_FALSE(Flow().done());
}

TEST_F(SendFlowTest, TheLastPacketEndsItsShareAndAsksForAnAck) {
  Flow().Add(Share(2, 7));
  Record left;
  Record packet = Flow().Send(0, left);
  EXPECT_FALSE(packet.last());
  EXPECT_FALSE(AsksForAck(packet));
  packet = Flow().Send(0, left);
  EXPECT_TRUE(packet.last());
  EXPECT_TRUE(AsksForAck(packet));
  EXPECT_EQ(packet.payload, 7);
}

TEST_F(SendFlowTest, EntropyValuesComeInTurn) {
  Flow().Add(Share(6));
  std::vector<int> entropies;
  while (Flow().CanSend()) {
    Record left;
    entropies.push_back(Flow().Send(0, left).entropy);
  }
  EXPECT_THAT(entropies, ::testing::ElementsAre(0, 1, 2, 3, 0, 1));
}

TEST_F(SendFlowTest, OneAckTellsOfSeveralPackets) {
  Flow().Add(Share(4));
  SendAll();
  Flow().OnAck(1, Control(0, 4, 0b101));  // 4, 3 and 1
  EXPECT_FALSE(Flow().done());
  Flow().OnAck(2, Control(0, 2));
  EXPECT_TRUE(Flow().done());
  Flow().OnAck(3, Control(0, 2));  // again: the share is forgotten
  EXPECT_TRUE(Flow().done());
}

TEST_F(SendFlowTest, SelectiveRecoverySendsTheLostPacketAlone) {
  Flow().Add(Share(4));
  SendAll();
  Flow().OnNack(1, Control(0, 2));
  EXPECT_TRUE(Flow().retransmits());
  EXPECT_THAT(SendAll(), ::testing::ElementsAre(2));
  Flow().OnNack(1, Control(0, 2));
  EXPECT_THAT(SendAll(), ::testing::ElementsAre(2));
}

TEST_F(SendFlowTest, GoBackNSendsAllFromTheLostPacketOn) {
  spec_.recovery = Recovery::kGoBackN;
  Flow().Add(Share(4));
  SendAll();
  Flow().OnNack(1, Control(0, 3));
  EXPECT_TRUE(Flow().retransmits());
  EXPECT_THAT(SendAll(), ::testing::ElementsAre(3, 4));
  EXPECT_FALSE(Flow().retransmits());
  Flow().OnAck(2, Control(0, 4));
  EXPECT_TRUE(Flow().done());
}

TEST_F(SendFlowTest, WhatATimeoutHasPassedByIsLost) {
  Flow().Add(Share(3));
  SendAll();
  Flow().OnAck(5, Control(0, 2));
  EXPECT_EQ(Flow().OnTimer(9, 10), 10);
  EXPECT_FALSE(Flow().CanSend());
  now_ = 10;
  EXPECT_EQ(Flow().OnTimer(10, 10), sim::kNever);
  EXPECT_THAT(SendAll(), ::testing::ElementsAre(1, 3));
}

Record Packet(uint16_t share, uint32_t position, bool last = false) {
  Record packet;
  packet.via = share;
  packet.position = position;
  packet.flags = last ? Record::kLast : 0;
  return packet;
}

TEST(ReceiveFlowTest, SelectiveTakesPacketsInAnyOrderOnce) {
  ReceiveFlow flow(Recovery::kSelective);
  Record completed;
  EXPECT_EQ(flow.Take(Packet(0, 3, true), completed), ReceiveFlow::Arrival::kNew);
  EXPECT_EQ(flow.Take(Packet(0, 1), completed), ReceiveFlow::Arrival::kNew);
  EXPECT_EQ(flow.Take(Packet(0, 1), completed), ReceiveFlow::Arrival::kAgain);
  EXPECT_EQ(flow.Take(Packet(0, 3, true), completed), ReceiveFlow::Arrival::kAgain);
  EXPECT_EQ(completed.position, 0u);
  EXPECT_EQ(flow.Take(Packet(0, 2), completed), ReceiveFlow::Arrival::kNew);
  EXPECT_EQ(completed.position, 3u);
  EXPECT_EQ(flow.Take(Packet(0, 2), completed), ReceiveFlow::Arrival::kAgain);
}

TEST(ReceiveFlowTest, ALaterShareCanBeCompleteFirst) {
  ReceiveFlow flow(Recovery::kSelective);
  Record completed;
  flow.Take(Packet(0, 1), completed);
  flow.Take(Packet(1, 1, true), completed);
  EXPECT_EQ(completed.via, 1);
  flow.Take(Packet(0, 2, true), completed);
  EXPECT_EQ(completed.via, 0);
  EXPECT_EQ(flow.Expected(), (PacketName{2, 1}));
}

TEST(ReceiveFlowTest, GoBackNTakesPacketsInOrderOnly) {
  ReceiveFlow flow(Recovery::kGoBackN);
  Record completed;
  EXPECT_EQ(flow.Take(Packet(0, 2), completed), ReceiveFlow::Arrival::kOutOfOrder);
  EXPECT_EQ(flow.Expected(), (PacketName{0, 1}));
  EXPECT_EQ(flow.Take(Packet(0, 1, true), completed), ReceiveFlow::Arrival::kNew);
  EXPECT_EQ(completed.position, 1u);
  EXPECT_EQ(flow.Take(Packet(1, 2), completed), ReceiveFlow::Arrival::kOutOfOrder);
  EXPECT_EQ(flow.Take(Packet(0, 1, true), completed), ReceiveFlow::Arrival::kAgain);
}

TEST(ReceiveFlowTest, NumbersOfSharesBeginAgain) {
  ReceiveFlow flow(Recovery::kSelective);
  for (uint32_t share = 0; share < 70'000; ++share) {
    Record completed;
    ASSERT_EQ(flow.Take(Packet(static_cast<uint16_t>(share), 1, true), completed),
              ReceiveFlow::Arrival::kNew);
    ASSERT_EQ(completed.position, 1u);
  }
}

TEST(UnackedTest, TellsOfNeighborsInOneShareWithOneMark) {
  Unacked unacked;
  EXPECT_TRUE(unacked.Add({0, 10}, false, 100));
  EXPECT_TRUE(unacked.Add({0, 12}, false, 100));
  EXPECT_TRUE(unacked.Add({0, 11}, false, 100));
  EXPECT_TRUE(unacked.Add({0, 8}, false, 100));
  EXPECT_EQ(unacked.last(), (PacketName{0, 12}));
  EXPECT_EQ(unacked.others(), 0b1011u);
  EXPECT_EQ(unacked.bytes(), 400);
  EXPECT_FALSE(unacked.Add({0, 13}, true, 100));
  EXPECT_FALSE(unacked.Add({1, 1}, false, 100));
  EXPECT_FALSE(unacked.Add({0, 40}, false, 100));  // 8 would be too far behind
  EXPECT_TRUE(unacked.Add({0, 32}, false, 100));
  EXPECT_FALSE(unacked.Add({0, 7}, false, 100));
}

}  // namespace
}  // namespace upfabric::fabric
