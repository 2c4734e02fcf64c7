// Credits of one channel, held by its sender: buffer space at the receiver, per virtual channel.
//
// Models:  a packet takes credits for its wire units when it starts; they come back, a control
//          delay later, when its last byte has left the receiver's buffer. The receiver tells the
//          sender in whole steps only: what it has freed since the last step it keeps to itself.
//          Credits can leak; where the protocol compares counts once in a while, they come back.
// Costs:   returns are kept as they come, out of order, and looked at only on shortage.
// Invariant: held + returning (whole steps or not) + outstanding + leaked is the buffer's size.

#ifndef UPFABRIC_FABRIC_MODEL_CREDIT_POOL_H_
#define UPFABRIC_FABRIC_MODEL_CREDIT_POOL_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "fabric/base/check.h"
#include "fabric/model/link_timing.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// One credit of `units` for each packet of a train that leaves the buffer, the first at `time`, the
// others `spacing` apart.
inline sim::Credit CreditOf(sim::Ticks time, sim::Ticks spacing, uint32_t units, uint32_t packets,
                            uint8_t virtual_channel) {
  return {time, spacing, packets, units & 0xfffffffu, virtual_channel & 0xfu};
}

// How many of the packets that start at `start` and then one every `packet_time` start before
// `end`; at least the first one counts.
inline int64_t StartsBefore(sim::Ticks end, sim::Ticks start, sim::Ticks packet_time) {
  return end <= start ? 1 : (end - 1 - start) / packet_time + 1;
}

// How the credits of one kind of link come back.
struct CreditReturn {
  uint32_t step = 1;      // wire units; at most the buffer's less those of a packet
  sim::Ticks resync = 0;  // counts are compared at every multiple of this; 0: never
  sim::Ticks delay = 0;   // of what that brings back
};

inline constexpr CreditReturn kByPacket;

class CreditPool {
 public:
  static constexpr uint32_t kUnlimited = std::numeric_limits<uint32_t>::max();

  // `how` outlives the pool. With kUnlimited units nothing waits, and nothing is counted.
  // `next` is the next time of the component that holds the credits: a return lowers it while the
  // holder waits without a known time.
  void Init(int virtual_channels, uint32_t units_per_channel, sim::Ticks* next,
            const CreditReturn& how = kByPacket);

  // Earliest time not before `earliest` at which `units` are there, if that is before `window_end`.
  // Otherwise a time from `window_end` on at which to ask again, or kNever while none is known;
  // Return then wakes the holder. What will be known of a later window is not anticipated.
  // Requires: earliest < window_end; after a call for a virtual channel Take, if any, takes
  // `units`.
  sim::Ticks EarliestFor(sim::Ticks earliest, int virtual_channel, uint32_t units,
                         sim::Ticks window_end) {
    Account& account = accounts_[static_cast<size_t>(virtual_channel)];
    if (account.held >= units) [[likely]] {
      return earliest > account.not_before ? earliest : account.not_before;
    }
    return AbsorbUntilEnough(account, earliest, virtual_channel, units, window_end);
  }

  // Takes the credits of as many packets of `shape` as may start back to back from `start` on, at
  // most `packets`, and returns their number. Requires: EarliestFor gave `start` for the first;
  // `packets` > 0, and the last of them would start before the window's end.
  int64_t TakeTrain(sim::Ticks start, int virtual_channel, const PacketShape& shape,
                    int64_t packets) {
    Account& account = accounts_[static_cast<size_t>(virtual_channel)];
    UPF_DCHECK(account.held >= shape.units);
    holder_waits_ = false;
    if (units_per_channel_ == kUnlimited) [[unlikely]] {
      return packets;
    }
    const int64_t train = account.held >= packets * int64_t{shape.units}
                              ? packets
                              : AbsorbTrain(account, start, virtual_channel, shape, packets);
    account.held -= static_cast<uint32_t>(train) * shape.units;
    return train;
  }

  // Called by the receiver. What continues the last return is added to it.
  void Return(const sim::Credit& credit) {
    if (units_per_channel_ == kUnlimited) [[unlikely]] {
      return;
    }
    if (!returning_.empty() && Continues(returning_.back(), credit)) {
      returning_.back().packets += credit.packets;
    } else {
      returning_.push_back(credit);
    }
    if (holder_waits_ && credit.time < *next_) {
      *next_ = credit.time;
    }
  }

  // Takes away up to `units` of those held at `now`, until Reset or the next comparison of counts;
  // returns how many. Requires: all packets that start before `now` have taken theirs, and none
  // that starts later.
  uint32_t Leak(sim::Ticks now, int virtual_channel, uint32_t units);
  // Units leaked since the last Reset that do not come back.
  uint32_t leaked() const { return leaked_; }

  void Reset();
  // All credits are held, on their way back, or leaked. Requires: nothing is in flight.
  bool Complete() const;
  int64_t MemoryBytes() const;

 private:
  struct Account {
    uint32_t held = 0;
    uint32_t unstepped = 0;  // freed, less than a step
    // Time of the last return counted: the next packet cannot start before it.
    sim::Ticks not_before = 0;
    uint32_t leaked = 0;
  };

  static bool Continues(const sim::Credit& last, const sim::Credit& credit) {
    return last.time + last.packets * last.spacing == credit.time &&
           last.spacing == credit.spacing && last.units == credit.units &&
           last.virtual_channel == credit.virtual_channel;
  }
  // The first of those returning for a virtual channel, or end.
  std::vector<sim::Credit>::iterator FirstReturning(int virtual_channel);
  // Counts `packets` of a return, the first of which is then not later than counted.
  void Absorb(Account& account, std::vector<sim::Credit>::iterator credit, uint32_t packets);
  void AbsorbReturned(Account& account, int virtual_channel, sim::Ticks by);
  int64_t AbsorbTrain(Account& account, sim::Ticks start, int virtual_channel,
                      const PacketShape& shape, int64_t packets);
  sim::Ticks AbsorbUntilEnough(Account& account, sim::Ticks earliest, int virtual_channel,
                               uint32_t units, sim::Ticks window_end);

  const CreditReturn* how_ = &kByPacket;
  std::vector<Account> accounts_;  // by virtual channel
  std::vector<sim::Credit> returning_;
  sim::Ticks* next_ = nullptr;
  uint32_t units_per_channel_ = 0;
  uint32_t leaked_ = 0;
  bool holder_waits_ = false;  // a packet was short of credits when last asked for
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_CREDIT_POOL_H_
