// Trains that wait inside a switch for one of its outputs.
//
// Units: ticks.

#ifndef UPFABRIC_FABRIC_MODEL_TRAIN_QUEUE_H_
#define UPFABRIC_FABRIC_MODEL_TRAIN_QUEUE_H_

#include <cstddef>
#include <cstdint>

#include "fabric/sim/record.h"
#include "fabric/sim/record_queue.h"

namespace upfabric::fabric {

struct QueuedTrain {
  sim::Record train;
  uint32_t input : 24 = 0;
  uint32_t came_on : 8 = 0;  // virtual channel of the input buffer in which it waits
  uint32_t counted = 0;      // of its packets, those in TrainQueue::waiting

  // By arrival of the first packet, ties by input.
  bool OlderThan(const QueuedTrain& other) const {
    return train.time != other.train.time ? train.time < other.train.time : input < other.input;
  }
};

// Trains of one output and virtual channel, by their first packet, oldest first up to `sorted`.
struct TrainQueue {
  sim::RecordQueue<QueuedTrain> entries;
  size_t sorted = 0;
  size_t first_uncounted = 0;  // all trains before it are counted whole
  int64_t waiting = 0;         // packets that had arrived when last counted, and have not left
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRAIN_QUEUE_H_
