#include "collectives/rank_payload.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "collectives/reduce.h"

namespace upfabric::collectives {

namespace {

// Chosen: neither a whole number nor a power of two in any type of 16 bits and more.
constexpr std::byte kUnwritten{0xa5};
constexpr size_t kAlignment = 64;

size_t Index(Buffer buffer) { return static_cast<size_t>(buffer); }

// Writes the lower bytes of each, which come first on a little-endian machine; returns the end.
template <size_t kBytes>
std::byte* Append(std::span<const uint64_t> bits, std::byte* next) {
  static_assert(std::endian::native == std::endian::little);
  for (const uint64_t element : bits) {
    std::memcpy(next, &element, kBytes);
    next += kBytes;
  }
  return next;
}

size_t Aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

RankPayload::RankPayload(const CollectiveRequest& request, int rank, const BufferLayouts& layouts,
                         const Values& values)
    : request_(request),
      rank_(rank),
      layouts_(layouts),
      element_size_(static_cast<size_t>(ElementSize(request.type).count())) {
  const auto bytes = [&](Buffer buffer) {
    return static_cast<size_t>(layouts_[Index(buffer)]->kept_count()) * element_size_;
  };
  size_t& input = base_[Index(Buffer::kInput)];
  size_t& output = base_[Index(Buffer::kOutput)];
  size_t used = 0;
  if (!request.in_place) {
    output = Aligned(bytes(Buffer::kInput));
    used = output + bytes(Buffer::kOutput);
  } else {
    used = std::max(bytes(Buffer::kInput), bytes(Buffer::kOutput));
    if (const int64_t offset = InPlaceOffset(request, rank); offset > 0) {
      const bool input_is_smaller = SendCount(request, rank) < RecvCount(request, rank);
      const Buffer larger = input_is_smaller ? Buffer::kOutput : Buffer::kInput;
      const auto run = layouts_[Index(larger)]->Locate(offset, request.count);
      (input_is_smaller ? input : output) = static_cast<size_t>(run.first) * element_size_;
    }
  }
  base_[Index(Buffer::kScratch)] = Aligned(used);
  storage_.assign(Aligned(used) + bytes(Buffer::kScratch), kUnwritten);
  Fill(values);
}

void RankPayload::Fill(const Values& values) {
  constexpr int64_t kBlock = 512;
  std::array<int64_t, kBlock> elements;
  std::array<uint64_t, kBlock> bits;
  const SampledLayout& layout = *layouts_[Index(Buffer::kInput)];
  std::byte* next = storage_.data() + base_[Index(Buffer::kInput)];
  for (int64_t first = 0; first < layout.kept_count(); first += kBlock) {
    const auto count = static_cast<size_t>(std::min(kBlock, layout.kept_count() - first));
    layout.Elements(first, std::span(elements).first(count));
    values.Inputs(rank_, std::span(elements).first(count), std::span(bits).first(count));
    const std::span<const uint64_t> block = std::span(bits).first(count);
    switch (element_size_) {
      case 1:
        next = Append<1>(block, next);
        break;
      case 2:
        next = Append<2>(block, next);
        break;
      case 4:
        next = Append<4>(block, next);
        break;
      default:
        next = Append<8>(block, next);
        break;
    }
  }
}

std::span<std::byte> RankPayload::Storage(const Range& range) {
  const auto run = layouts_[Index(range.buffer)]->Locate(range.offset, range.count);
  return {
      storage_.data() + base_[Index(range.buffer)] + static_cast<size_t>(run.first) * element_size_,
      static_cast<size_t>(run.count) * element_size_};
}

std::vector<std::byte> RankPayload::Read(const Range& source) const {
  const auto run = layouts_[Index(source.buffer)]->Locate(source.offset, source.count);
  const std::byte* begin = storage_.data() + base_[Index(source.buffer)] +
                           static_cast<size_t>(run.first) * element_size_;
  return {begin, begin + static_cast<size_t>(run.count) * element_size_};
}

void RankPayload::Write(const Range& target, std::span<const std::byte> message) {
  const std::span<std::byte> to = Storage(target);
  std::copy_n(message.begin(), std::min(to.size(), message.size()), to.begin());
}

void RankPayload::ReduceMessage(const Range& operand, std::span<const std::byte> message,
                                const Range& target) {
  Copy(operand, target);
  const std::span<std::byte> to = Storage(target);
  const size_t count = std::min(to.size(), message.size()) / element_size_;
  ReduceInto(request_.type, request_.op, to.data(), message.data(), static_cast<int64_t>(count));
}

void RankPayload::Copy(const Range& source, const Range& target) {
  const std::span<std::byte> from = Storage(source);
  const std::span<std::byte> to = Storage(target);
  if (from.data() != to.data() && !to.empty()) {
    // Ranges of a program that runs without proof may overlap.
    std::memmove(to.data(), from.data(), to.size());
  }
}

void RankPayload::ReduceBlocks(const Range& source, const Range& operand, const Range& target) {
  if (target.count == 0) {
    return;
  }
  Copy(operand, target);
  const std::span<std::byte> to = Storage(target);
  Range block{source.buffer, source.offset, target.count};
  for (; block.offset < source.offset + source.count; block.offset += target.count) {
    ReduceInto(request_.type, request_.op, to.data(), Storage(block).data(),
               static_cast<int64_t>(to.size() / element_size_));
  }
}

void RankPayload::Finish() {
  if (Reduces(request_.collective) && request_.op == ReduceOp::kAvg) {
    Divide(request_.type, storage_.data() + base_[Index(Buffer::kOutput)],
           output_layout().kept_count(), request_.ranks);
  }
}

std::span<const std::byte> RankPayload::output() const {
  return {storage_.data() + base_[Index(Buffer::kOutput)],
          static_cast<size_t>(output_layout().kept_count()) * element_size_};
}

}  // namespace upfabric::collectives
