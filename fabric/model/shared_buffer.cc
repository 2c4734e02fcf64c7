#include "fabric/model/shared_buffer.h"

#include <algorithm>

#include "fabric/base/check.h"

namespace upfabric::fabric {

SharedBuffer::SharedBuffer(const SharedBufferSpec& spec, int ports, int virtual_channels)
    : spec_(&spec),
      data_by_output_(static_cast<size_t>(ports)),
      data_by_input_(static_cast<size_t>(ports * virtual_channels)),
      paused_(data_by_input_.size()) {}

SharedBuffer::Verdict SharedBuffer::Judge(int output, int64_t bytes, bool control) const {
  const int64_t free = spec_->size.count() - used_;
  const bool fits = bytes <= free;
  if (control) {
    return fits ? Verdict::kStore : Verdict::kDrop;
  }
  const int64_t held = data_by_output_[static_cast<size_t>(output)];
  if (spec_->trim_above.has_value() && held > spec_->trim_above->count()) {
    return Verdict::kTrim;
  }
  const bool allowed =
      spec_->pause.has_value() || (held + bytes) * spec_->alpha.denominator() <=  // both below 2^40
                                      free * spec_->alpha.numerator();
  if (fits && allowed) {
    return Verdict::kStore;
  }
  return spec_->trim_above.has_value() ? Verdict::kTrim : Verdict::kDrop;
}

SharedBuffer::PauseChange SharedBuffer::Store(int output, size_t queue, int64_t bytes,
                                              bool control) {
  used_ += bytes;
  if (control) {
    return PauseChange::kNone;
  }
  data_by_output_[static_cast<size_t>(output)] += bytes;
  data_by_input_[queue] += bytes;
  if (!spec_->pause.has_value() || paused_[queue] ||
      data_by_input_[queue] <= spec_->pause->above.count()) {
    return PauseChange::kNone;
  }
  paused_[queue] = true;
  return PauseChange::kStart;
}

SharedBuffer::PauseChange SharedBuffer::Remove(int output, size_t queue, int64_t bytes,
                                               bool control) {
  used_ -= bytes;
  UPF_DCHECK(used_ >= 0);
  if (control) {
    return PauseChange::kNone;
  }
  data_by_output_[static_cast<size_t>(output)] -= bytes;
  data_by_input_[queue] -= bytes;
  if (!paused_[queue] || data_by_input_[queue] > spec_->pause->below.count()) {
    return PauseChange::kNone;
  }
  paused_[queue] = false;
  return PauseChange::kEnd;
}

bool SharedBuffer::Marks(int output, uint64_t draw) const {
  const int64_t held = data_by_output_[static_cast<size_t>(output)];
  if (held <= spec_->mark_from.count()) {
    return false;
  }
  if (held > spec_->mark_all.count()) {
    return true;
  }
  // draw / 2^32 < chance x (held - from) / (all - from), in whole numbers.
  using internal::Int128;
  const auto drawn = static_cast<Int128>(draw >> 32) *
                     (spec_->mark_all.count() - spec_->mark_from.count()) *
                     spec_->mark_chance.denominator();
  return drawn < (static_cast<Int128>(held - spec_->mark_from.count()) << 32) *
                     spec_->mark_chance.numerator();
}

void SharedBuffer::Reset() {
  used_ = 0;
  std::fill(data_by_output_.begin(), data_by_output_.end(), 0);
  std::fill(data_by_input_.begin(), data_by_input_.end(), 0);
  std::fill(paused_.begin(), paused_.end(), false);
}

int64_t SharedBuffer::MemoryBytes() const {
  return static_cast<int64_t>(sizeof(SharedBuffer) +
                              (data_by_output_.capacity() + data_by_input_.capacity()) *
                                  sizeof(int64_t) +
                              paused_.capacity() / 8);
}

}  // namespace upfabric::fabric
