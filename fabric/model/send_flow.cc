#include "fabric/model/send_flow.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "fabric/base/check.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

SendFlow::SendFlow(const HopTimes& times, const TransportSpec& spec,
                   std::unique_ptr<CongestionControl> control, uint32_t first_entropy)
    : times_(&times),
      spec_(&spec),
      control_(std::move(control)),
      window_(control_->window()),
      entropy_(first_entropy) {}

void SendFlow::Add(const Record& share) {
  lane_ = share.virtual_channel();
  shares_.push({share, added_});
  added_ += share.packets;
}

// From the last share on: most questions are about what was sent not long ago.
size_t SendFlow::ShareIndex(int64_t packet) const {
  size_t index = shares_.size() - 1;
  while (shares_[index].first > packet) {
    --index;
  }
  return index;
}

// A packet more than fits may go while nothing is in flight, so that no flow stands still.
bool SendFlow::CanSend() const {
  if (lost_.empty() && next_ == added_) {
    return false;
  }
  const int64_t packet = lost_.empty() ? next_ : lost_.front();
  const int64_t bytes = (in_flight_ + BytesOf(packet));
  return in_flight_ == 0 || bytes <= window_;
}

uint16_t SendFlow::NextPayload() const {
  const int64_t packet = lost_.empty() ? next_ : lost_.front();
  return PayloadOf(ShareOf(packet), packet);
}

Record SendFlow::Send(Ticks start, Record& left) {
  int64_t packet = next_;
  if (lost_.empty()) {
    ++next_;
    sent_.push({start, State::kInFlight});
  } else {
    packet = lost_.front();
    lost_.pop();
    sent_[static_cast<size_t>(packet - base_)] = {start, State::kInFlight};
  }
  const size_t index = ShareIndex(packet);
  const Share& share = shares_[index];
  Record record = share.record;
  record.packets = 1;
  record.set_payload(PayloadOf(share, packet));
  record.position = static_cast<uint32_t>(packet - share.first + 1);
  record.via = static_cast<uint16_t>(first_share_ + index);
  record.mark = 0;
  record.entropy = static_cast<uint8_t>(entropy_++ % static_cast<uint32_t>(spec_->entropies));
  if (packet + 1 == share.end()) {
    record.flags |= Record::kLast;
    if (share.record.tells_sent() && packet >= sent_before_) {
      left = share.record;
    }
  }
  sent_before_ = std::max(sent_before_, next_);
  const PacketShape& shape = times_->ShapeAsBuilt(record.payload);
  in_flight_ += shape.units;
  pace_ = control_->OnSend(start, shape.ticks);
  if (!CanSend()) {
    record.flags |= Record::Flags(kDataAsking, 0);
  }
  return record;
}

int64_t SendFlow::NumberOf(const Record& control) const {
  const auto ahead = static_cast<int16_t>(control.via - first_share_);
  if (ahead < 0 || static_cast<size_t>(ahead) >= shares_.size()) {
    return -1;
  }
  return shares_[static_cast<size_t>(ahead)].first + control.position - 1;
}

SendFlow::Sent* SendFlow::InFlight(int64_t packet) {
  if (packet < base_ || packet >= next_) {
    return nullptr;
  }
  Sent& sent = sent_[static_cast<size_t>(packet - base_)];
  return sent.state == State::kInFlight ? &sent : nullptr;
}

void SendFlow::OnAck(Ticks now, const Record& ack) {
  const int64_t last = NumberOf(ack);
  if (last < 0) {
    return;
  }
  AckNews news;
  news.now = now;
  news.marked = IsMarked(ack);
  news.in_flight = in_flight_;
  if (spec_->recovery == Recovery::kGoBackN) {
    for (int64_t packet = base_; packet <= last; ++packet) {
      Acked(packet, news);
    }
  } else {
    const uint32_t others = ControlTag::Unpack(ack.tag).others;
    for (int i = static_cast<int>(std::bit_width(others)); i > 0; --i) {
      if ((others >> (i - 1) & 1) != 0) {
        Acked(last - i, news);
      }
    }
    Acked(last, news);
  }
  Forget();
  if (news.bytes > 0) {
    control_->OnAck(news);
    window_ = control_->window();
  }
}

void SendFlow::Acked(int64_t packet, AckNews& news) {
  if (Sent* const sent = InFlight(packet)) {
    const int64_t bytes = BytesOf(packet);
    in_flight_ -= bytes;
    news.bytes += bytes;
    news.round_trip = news.now - sent->at;
    sent->state = State::kAcked;
  }
}

void SendFlow::Forget() {
  while (!sent_.empty() && sent_.front().state == State::kAcked) {
    sent_.pop();
    ++base_;
  }
  while (!shares_.empty() && shares_.front().end() <= base_) {
    shares_.pop();
    ++first_share_;
  }
}

void SendFlow::OnNack(Ticks now, const Record& nack) {
  const int64_t packet = NumberOf(nack);
  if (packet < 0) {
    return;
  }
  if (spec_->recovery == Recovery::kGoBackN) {
    Record before = nack;  // all before it are in
    --before.position;
    OnAck(now, before);
    GoBack(now, packet);
  } else {
    Lose(now, packet);
  }
}

void SendFlow::Lose(Ticks now, int64_t packet) {
  Sent* const sent = InFlight(packet);
  if (sent == nullptr) {
    return;
  }
  const int64_t bytes = BytesOf(packet);
  in_flight_ -= bytes;
  sent->state = State::kLost;
  lost_.push(packet);
  control_->OnLoss(now, bytes);
  window_ = control_->window();
}

void SendFlow::GoBack(Ticks now, int64_t packet) {
  if (InFlight(packet) == nullptr) {
    return;
  }
  control_->OnLoss(now, BytesOf(packet));
  window_ = control_->window();
  for (; next_ > packet; --next_) {
    if (InFlight(next_ - 1) != nullptr) {
      in_flight_ -= BytesOf(next_ - 1);
    }
    sent_.pop_back();
  }
}

Ticks SendFlow::OnTimer(Ticks now, Ticks timeout) {
  Ticks oldest = kNever;
  for (int64_t packet = base_; packet < next_; ++packet) {
    const Sent* const sent = InFlight(packet);
    if (sent == nullptr) {
      continue;
    }
    if (sent->at + timeout <= now) {
      if (spec_->recovery == Recovery::kGoBackN) {
        GoBack(now, packet);
        break;
      }
      Lose(now, packet);
    } else {
      oldest = std::min(oldest, sent->at);
    }
  }
  return oldest == kNever ? kNever : oldest + timeout;
}

}  // namespace upfabric::fabric
