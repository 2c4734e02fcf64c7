#include "fabric/model/credit_pool.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Credit;
using sim::kNever;
using sim::Ticks;

void CreditPool::Init(int virtual_channels, uint32_t units_per_channel, Ticks* next,
                      const CreditReturn& how) {
  UPF_CHECK_OP(how.step, <=, units_per_channel);
  how_ = &how;
  accounts_.resize(static_cast<size_t>(virtual_channels));
  units_per_channel_ = units_per_channel;
  next_ = next;
  Reset();
}

void CreditPool::Reset() {
  for (Account& account : accounts_) {
    account = {units_per_channel_, 0, 0, 0};
  }
  returning_.clear();
  leaked_ = 0;
  holder_waits_ = false;
}

std::vector<Credit>::iterator CreditPool::FirstReturning(int virtual_channel) {
  const auto mine = static_cast<uint32_t>(virtual_channel);
  auto first = returning_.end();
  for (auto credit = returning_.begin(); credit != returning_.end(); ++credit) {
    if (credit->virtual_channel == mine &&
        (first == returning_.end() || credit->time < first->time)) {
      first = credit;
    }
  }
  return first;
}

void CreditPool::Absorb(Account& account, std::vector<Credit>::iterator credit, uint32_t packets) {
  if (how_->step <= 1) {
    account.held += packets * credit->units;
  } else {
    account.unstepped += packets * credit->units;
    account.held += account.unstepped / how_->step * how_->step;
    account.unstepped %= how_->step;
  }
  credit->packets -= packets;
  credit->time += packets * credit->spacing;
  if (credit->packets == 0) {
    *credit = returning_.back();
    returning_.pop_back();
  }
}

void CreditPool::AbsorbReturned(Account& account, int virtual_channel, Ticks by) {
  const auto mine = static_cast<uint32_t>(virtual_channel);
  for (size_t i = 0; i < returning_.size();) {
    const Credit& credit = returning_[i];
    if (credit.virtual_channel != mine || credit.time > by) {
      ++i;
      continue;
    }
    const Ticks due = credit.packets == 1 ? 1 : (by - credit.time) / credit.spacing + 1;
    const auto packets = static_cast<uint32_t>(std::min<Ticks>(due, credit.packets));
    i += packets < credit.packets ? 1 : 0;
    Absorb(account, returning_.begin() + static_cast<std::ptrdiff_t>(&credit - returning_.data()),
           packets);
  }
}

uint32_t CreditPool::Leak(Ticks now, int virtual_channel, uint32_t units) {
  Account& account = accounts_[static_cast<size_t>(virtual_channel)];
  AbsorbReturned(account, virtual_channel, now);
  const uint32_t lost = std::min(units, account.held);
  account.held -= lost;
  if (how_->resync > 0 && lost > 0) {
    Return(CreditOf((now / how_->resync + 1) * how_->resync + how_->delay, 0, lost, 1,
                    static_cast<uint8_t>(virtual_channel)));
  } else {
    account.leaked += lost;
    leaked_ += lost;
  }
  return lost;
}

// Counts what has returned by `earliest`; if that is too little, the returns that come next in this
// window, in order of time, until it is enough. The packet that asked can then start with the last
// of them. All returns of this window are known, since they were sent in earlier ones.
Ticks CreditPool::AbsorbUntilEnough(Account& account, Ticks earliest, int virtual_channel,
                                    uint32_t units, Ticks window_end) {
  AbsorbReturned(account, virtual_channel, earliest);
  while (account.held < units) {
    const auto first = FirstReturning(virtual_channel);
    if (first == returning_.end() || first->time >= window_end) {
      holder_waits_ = true;
      return first == returning_.end() ? kNever : first->time;
    }
    account.not_before = std::max(account.not_before, first->time);
    Absorb(account, first, 1);
  }
  return std::max(earliest, account.not_before);
}

// Credits that return no later, and no slower, than the train's packets start count for it whole.
// In steps, those count that are back when the next packet would start.
int64_t CreditPool::AbsorbTrain(Account& account, Ticks start, int virtual_channel,
                                const PacketShape& shape, int64_t packets) {
  while (true) {
    const int64_t train = account.held / shape.units;
    if (train >= packets) {
      return packets;
    }
    const auto first = FirstReturning(virtual_channel);
    const Ticks next_start = start + train * shape.ticks;
    if (first == returning_.end() || first->time > next_start) {
      return train;
    }
    if (how_->step > 1) {
      const Ticks due = first->packets == 1 ? 1 : (next_start - first->time) / first->spacing + 1;
      Absorb(account, first, static_cast<uint32_t>(std::min<Ticks>(due, first->packets)));
      continue;
    }
    const bool keeps_up = first->units == shape.units && first->spacing <= shape.ticks;
    const auto wanted = static_cast<uint32_t>(packets - train);
    Absorb(account, first, keeps_up ? std::min(first->packets, wanted) : 1);
  }
}

bool CreditPool::Complete() const {
  std::vector<uint64_t> units(accounts_.size());
  for (size_t i = 0; i < accounts_.size(); ++i) {
    units[i] = uint64_t{accounts_[i].held} + accounts_[i].unstepped + accounts_[i].leaked;
  }
  for (const Credit& credit : returning_) {
    units[credit.virtual_channel] += uint64_t{credit.packets} * credit.units;
  }
  return std::all_of(units.begin(), units.end(),
                     [this](uint64_t sum) { return sum == units_per_channel_; });
}

int64_t CreditPool::MemoryBytes() const {
  return static_cast<int64_t>(accounts_.capacity() * sizeof(Account) +
                              returning_.capacity() * sizeof(Credit));
}

}  // namespace upfabric::fabric
