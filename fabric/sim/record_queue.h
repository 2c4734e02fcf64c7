// A first-in first-out queue in one growable piece of memory.
//
// Costs: push and pop O(1) amortized; never gives memory back before the queue is destroyed.

#ifndef UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_
#define UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "fabric/base/check.h"

namespace upfabric::fabric::sim {

// Small, because a fabric has a dozen for each link and most are empty most of the time.
template <typename T>
class RecordQueue {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  bool empty() const { return head_ == end_; }
  size_t size() const { return end_ - head_; }
  // Requires: !empty().
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return items_[end_ - 1]; }
  // Requires: i < size().
  T& operator[](size_t i) { return items_[head_ + i]; }
  const T& operator[](size_t i) const { return items_[head_ + i]; }
  T* begin() { return items_.get() + head_; }
  T* end() { return items_.get() + end_; }

  // Requires: the item is not in the queue.
  void push(const T& item) {
    if (end_ == capacity_) [[unlikely]] {
      MakeRoom();
    }
    items_[end_++] = item;
  }
  void pop() {
    UPF_DCHECK(!empty());
    if (++head_ == end_) {
      clear();
    }
  }
  // Takes back what was pushed last.
  void pop_back() {
    UPF_DCHECK(!empty());
    --end_;
  }
  void clear() {
    head_ = 0;
    end_ = 0;
  }
  size_t memory_bytes() const { return capacity_ * sizeof(T); }

 private:
  // At the front, if more than half is free there; else by doubling.
  void MakeRoom() {
    if (head_ > capacity_ / 2) {
      std::copy(begin(), end(), items_.get());
    } else {
      constexpr uint32_t kCapacityMin = 4;
      UPF_CHECK_OP(capacity_, <, uint32_t{1} << 31);
      capacity_ = std::max(kCapacityMin, 2 * capacity_);
      auto larger = std::make_unique_for_overwrite<T[]>(capacity_);
      std::copy(begin(), end(), larger.get());
      items_ = std::move(larger);
    }
    end_ -= head_;
    head_ = 0;
  }

  std::unique_ptr<T[]> items_;
  uint32_t head_ = 0;
  uint32_t end_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_
