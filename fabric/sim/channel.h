// The two ends of a channel between components.
//
// Models:  nothing; records wait at the receiving end, in order of time.
// Threads: none.

#ifndef UPFABRIC_FABRIC_SIM_CHANNEL_H_
#define UPFABRIC_FABRIC_SIM_CHANNEL_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fabric/sim/exchange.h"
#include "fabric/sim/record.h"
#include "fabric/sim/record_queue.h"

namespace upfabric::fabric::sim {

// The receiving end of a channel: its records, in order of time.
struct Inlet {
  RecordQueue<Record> records;
};

// The sending end of a channel.
class Outlet {
 public:
  Outlet() = default;

  // Requires: record.time is not before the window's end, nor before the last emitted one unless
  // the receiver looks at all of them (fabric/model/endpoint.cc).
  void Emit(const Record& record) {
    if (inlet_ != nullptr) {
      inlet_->records.push(record);
    } else {
      crossing_->push_back({record, channel_, 0});
    }
    *next_ = std::min(*next_, record.time);
  }

  // As Emit, for a train of packets `spacing` apart; one that continues the last record of the
  // channel is added to it. Requires: that one has the same spacing if it is as slow as this one.
  void EmitTrain(const Record& train, Ticks spacing) {
    if (inlet_ != nullptr && !inlet_->records.empty()) {
      Record& last = inlet_->records.back();
      if (last.time + last.packets * spacing == train.time && last.tag == train.tag &&
          last.source == train.source && last.destination == train.destination &&
          last.payload == train.payload && last.mark == train.mark && last.link == train.link &&
          last.flags == train.flags_without_last()) {
        last.packets += train.packets;
        last.flags = train.flags;
        last.position = train.position;
        return;
      }
    }
    Emit(train);
  }

 private:
  friend class Engine;
  Inlet* inlet_ = nullptr;                           // in this partition, or
  std::vector<CrossingRecord>* crossing_ = nullptr;  // on the way to another
  Ticks* next_ = nullptr;                            // of the consumer, or of all that crosses
  int32_t channel_ = -1;
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_CHANNEL_H_
