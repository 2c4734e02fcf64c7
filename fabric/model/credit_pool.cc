#include "fabric/model/credit_pool.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Credit;
using sim::kNever;
using sim::Ticks;

void CreditPool::Init(int virtual_channels, uint32_t units_per_channel, Ticks* next) {
  accounts_.resize(static_cast<size_t>(virtual_channels));
  units_per_channel_ = units_per_channel;
  next_ = next;
  Reset();
}

void CreditPool::Reset() {
  for (Account& account : accounts_) {
    account = {units_per_channel_, 0};
  }
  returning_.clear();
  holder_waits_ = false;
}

// Counts what has returned by `earliest`; if that is too little, the returns that come next in this
// window, in order of time, until it is enough. The packet that asked can then start with the last
// of them. All returns of this window are known, since they were sent in earlier ones.
Ticks CreditPool::AbsorbUntilEnough(Account& account, Ticks earliest, int virtual_channel,
                                    uint32_t units, Ticks window_end) {
  const auto mine = static_cast<uint32_t>(virtual_channel);
  size_t kept = 0;
  for (const Credit& credit : returning_) {
    if (credit.virtual_channel == mine && credit.time <= earliest) {
      account.held += credit.cells;
    } else {
      returning_[kept++] = credit;
    }
  }
  returning_.resize(kept);
  while (account.held < units) {
    auto first = returning_.end();
    for (auto credit = returning_.begin(); credit != returning_.end(); ++credit) {
      if (credit->virtual_channel == mine &&
          (first == returning_.end() || credit->time < first->time)) {
        first = credit;
      }
    }
    if (first == returning_.end() || first->time >= window_end) {
      holder_waits_ = true;
      return first == returning_.end() ? kNever : first->time;
    }
    account.held += first->cells;
    account.not_before = std::max(account.not_before, first->time);
    *first = returning_.back();
    returning_.pop_back();
  }
  return std::max(earliest, account.not_before);
}

bool CreditPool::Complete() const {
  std::vector<uint64_t> units(accounts_.size());
  for (size_t i = 0; i < accounts_.size(); ++i) {
    units[i] = accounts_[i].held;
  }
  for (const Credit& credit : returning_) {
    units[credit.virtual_channel] += credit.cells;
  }
  return std::all_of(units.begin(), units.end(),
                     [this](uint64_t sum) { return sum == units_per_channel_; });
}

int64_t CreditPool::MemoryBytes() const {
  return static_cast<int64_t>(accounts_.capacity() * sizeof(Account) +
                              returning_.capacity() * sizeof(Credit));
}

}  // namespace upfabric::fabric
