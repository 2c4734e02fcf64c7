// The packet memory of an Ethernet switch chip: what is let in, marked, trimmed, dropped, and when
// inputs stop their senders.
//
// Models:  one memory for all ports. Data is let in while its output holds at most alpha times what
//          is free, and is trimmed, where the chip does that, while it holds more than a threshold
//          or would be dropped. Control packets, trimmed ones among them, are let in while there is
//          room at all. With pause, an input that holds too much of a virtual channel stops its
//          sender, and data is dropped only where there is no room at all. A packet is marked as it
//          leaves, by chance according to what its output then holds.
// Omits:   memory in cells; headroom set aside for stopped senders: it is what `above` leaves free.
// Units:   wire bytes.

#ifndef UPFABRIC_FABRIC_MODEL_SHARED_BUFFER_H_
#define UPFABRIC_FABRIC_MODEL_SHARED_BUFFER_H_

#include <cstdint>
#include <vector>

#include "fabric/model/ethernet_spec.h"

namespace upfabric::fabric {

class SharedBuffer {
 public:
  enum class Verdict { kStore, kTrim, kDrop };
  enum class PauseChange { kNone, kStart, kEnd };

  // `spec` outlives it.
  SharedBuffer(const SharedBufferSpec& spec, int ports, int virtual_channels);

  // What happens to a packet of `bytes` for `output`; nothing is stored yet.
  Verdict Judge(int output, int64_t bytes, bool control) const;
  // `queue` numbers an input's virtual channel.
  PauseChange Store(int output, size_t queue, int64_t bytes, bool control);
  PauseChange Remove(int output, size_t queue, int64_t bytes, bool control);
  // Whether a data packet that leaves `output`, itself still counted, is marked; `draw` is uniform.
  bool Marks(int output, uint64_t draw) const;

  void Reset();
  int64_t MemoryBytes() const;

 private:
  const SharedBufferSpec* spec_;
  int64_t used_ = 0;
  std::vector<int64_t> data_by_output_;
  std::vector<int64_t> data_by_input_;  // and virtual channel
  std::vector<bool> paused_;            // likewise
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SHARED_BUFFER_H_
