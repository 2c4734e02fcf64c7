#include "collectives/prove/symbolic_memory.h"

#include <algorithm>

namespace upfabric::collectives {

SymbolicMemory::SymbolicMemory(const CollectiveRequest& request,
                               const std::vector<int64_t>& scratch, SymbolTable& symbols)
    : request_(request) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const int64_t size = Address(rank, Buffer::kScratch, scratch[static_cast<size_t>(rank)]);
    cells_.emplace_back(static_cast<size_t>(size));
    std::vector<Symbol>& inputs = inputs_.emplace_back();
    for (int64_t i = 0; i < SendCount(request, rank); ++i) {
      inputs.push_back(symbols.Input(rank, i));
      At(rank, Buffer::kInput, i).symbol = inputs.back();
    }
  }
}

int64_t SymbolicMemory::Address(int rank, Buffer buffer, int64_t offset) const {
  const bool in_place = request_.in_place;
  const int64_t send = SendCount(request_, rank);
  const int64_t recv = RecvCount(request_, rank);
  if (buffer == Buffer::kScratch) {
    return offset + (in_place ? std::max(send, recv) : send + recv);
  }
  if (!in_place) {
    return offset + (buffer == Buffer::kOutput ? send : 0);
  }
  const bool is_smaller = buffer == Buffer::kInput ? send < recv : recv < send;
  return offset + (is_smaller ? InPlaceOffset(request_, rank) : 0);
}

SymbolicMemory::Cell& SymbolicMemory::At(int rank, Buffer buffer, int64_t offset) {
  return cells_[static_cast<size_t>(rank)][static_cast<size_t>(Address(rank, buffer, offset))];
}

std::optional<Race> SymbolicMemory::Read(const Access& access, const Range& range,
                                         std::vector<Symbol>& symbols) {
  std::optional<Race> race;
  for (int64_t offset = range.offset; offset < range.offset + range.count; ++offset) {
    Cell& cell = At(access.rank, range.buffer, offset);
    symbols.push_back(cell.symbol);
    if (cell.write_time > 0) {
      used_[{cell.writer, cell.write_time}] = true;
    }
    if (!race.has_value() && access.clock[cell.writer] < cell.write_time) {
      race = {offset, cell.writer, cell.write_time, true};
    }
    const auto own =
        std::find_if(cell.readers.begin(), cell.readers.end(),
                     [&access](const auto& reader) { return reader.first == access.stream; });
    if (own == cell.readers.end()) {
      cell.readers.emplace_back(access.stream, access.time);
    } else {
      own->second = access.time;
    }
  }
  return race;
}

std::optional<Race> SymbolicMemory::Write(const Access& access, const Range& range,
                                          const std::vector<Symbol>& symbols) {
  std::optional<Race> race;
  for (int64_t i = 0; i < range.count; ++i) {
    const int64_t offset = range.offset + i;
    Cell& cell = At(access.rank, range.buffer, offset);
    if (!race.has_value() && access.clock[cell.writer] < cell.write_time) {
      race = {offset, cell.writer, cell.write_time, true};
    }
    for (const auto& [reader, time] : cell.readers) {
      if (!race.has_value() && access.clock[reader] < time) {
        race = {offset, reader, time, false};
      }
    }
    used_.try_emplace({access.stream, access.time}, false);
    cell = {.symbol = symbols[static_cast<size_t>(i)],
            .writer = access.stream,
            .write_time = access.time};
  }
  return race;
}

SymbolicMemory::Held SymbolicMemory::Output(int rank, int64_t element) {
  const Cell& cell = At(rank, Buffer::kOutput, element);
  if (cell.write_time > 0) {
    used_[{cell.writer, cell.write_time}] = true;
  }
  return {cell.symbol, cell.writer, cell.write_time};
}

std::vector<std::pair<size_t, uint32_t>> SymbolicMemory::UnusedWrites() const {
  std::vector<std::pair<size_t, uint32_t>> unused;
  for (const auto& [write, used] : used_) {
    if (!used) {
      unused.push_back(write);
    }
  }
  return unused;
}

}  // namespace upfabric::collectives
