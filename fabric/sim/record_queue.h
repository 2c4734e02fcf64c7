// A first-in first-out queue in one growable piece of memory.
//
// Costs: push and pop O(1) amortized; never gives memory back before the queue is destroyed.

#ifndef UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_
#define UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_

#include <cstddef>
#include <vector>

#include "fabric/base/check.h"

namespace upfabric::fabric::sim {

template <typename T>
class RecordQueue {
 public:
  bool empty() const { return head_ == items_.size(); }
  size_t size() const { return items_.size() - head_; }
  // Requires: !empty().
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return items_.back(); }
  // Requires: i < size().
  T& operator[](size_t i) { return items_[head_ + i]; }
  const T& operator[](size_t i) const { return items_[head_ + i]; }
  T* begin() { return items_.data() + head_; }
  T* end() { return items_.data() + items_.size(); }

  void push(const T& item) {
    if (items_.size() == items_.capacity() && head_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    items_.push_back(item);
  }
  void pop() {
    UPF_DCHECK(!empty());
    if (++head_ == items_.size()) {
      clear();
    }
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }
  size_t memory_bytes() const { return items_.capacity() * sizeof(T); }

 private:
  std::vector<T> items_;
  size_t head_ = 0;
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_RECORD_QUEUE_H_
