#include "fabric/model/receive_flow.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Record;

bool Unacked::Add(PacketName name, bool marked, int64_t bytes) {
  if (!empty()) {
    const int64_t distance = int64_t{name.position} - last_.position;
    if (name.share != last_.share || marked != marked_ || distance == 0 ||
        distance < -ControlTag::kOthersMax) {
      return false;
    }
    if (distance < 0) {
      others_ |= 1u << (-distance - 1);
      bytes_ += bytes;
      return true;
    }
    const uint64_t shifted = (uint64_t{others_} << 1 | 1) << std::min<int64_t>(distance - 1, 32);
    if (shifted >> ControlTag::kOthersMax != 0) {
      return false;
    }
    others_ = static_cast<uint32_t>(shifted);
  }
  last_ = name;
  marked_ = marked;
  bytes_ += bytes;
  return true;
}

ReceiveFlow::Arrival ReceiveFlow::Take(const Record& packet, Record& completed) {
  const auto ahead = static_cast<int16_t>(packet.via - first_);
  if (ahead < 0) {
    return Arrival::kAgain;
  }
  if (recovery_ == Recovery::kGoBackN) {
    const PacketName expected = Expected();
    if (ahead > 0 || packet.position > expected.position) {
      return Arrival::kOutOfOrder;
    }
  }
  const auto index = static_cast<size_t>(ahead);
  if (shares_.size() <= index) {
    shares_.resize(index + 1);
  }
  Share& share = shares_[index];
  const size_t place = packet.position - 1;
  if (place < share.in_order || (place < share.is_in.size() && share.is_in[place])) {
    return Arrival::kAgain;
  }
  if (place > share.in_order || !share.is_in.empty()) {
    if (share.is_in.size() <= place) {
      share.is_in.resize(place + 1);
    }
    share.is_in[place] = true;
  }
  if (place == share.in_order) {
    ++share.in_order;
    while (share.in_order < share.is_in.size() && share.is_in[share.in_order]) {
      ++share.in_order;
    }
    if (share.in_order >= share.is_in.size()) {
      share.is_in.clear();
    }
  }
  ++share.arrived;
  if (packet.last()) {
    share.last = packet;
  }
  if (share.complete()) {
    completed = share.last;
  }
  // Few at a time, nearly always one.
  size_t done = 0;
  while (done < shares_.size() && shares_[done].complete()) {
    ++done;
  }
  shares_.erase(shares_.begin(), shares_.begin() + static_cast<std::ptrdiff_t>(done));
  first_ = static_cast<uint16_t>(first_ + done);
  return Arrival::kNew;
}

PacketName ReceiveFlow::Expected() const {
  return {first_, (shares_.empty() ? 0 : shares_.front().in_order) + 1};
}

}  // namespace upfabric::fabric
