#include "daemon/mpi/row.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using fabric::sim::CrossingRecord;
using fabric::sim::Ticks;

// Starts a window's message; records, announcements, the text of `status` and the news follow.
struct WindowHeader {
  uint64_t window = 0;
  Ticks next = 0;
  uint64_t records = 0;
  uint32_t row = 0;
  int32_t status = 0;  // absl::StatusCode of a wish to stop
  uint64_t text_bytes = 0;
  uint64_t news_bytes = 0;
};

std::string ReadText(MessageReader& reader, size_t bytes) {
  const std::span<const std::byte> text = reader.ReadBytes(bytes);
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace

MpiRow::MpiRow(const MpiRowOptions& options, std::function<int(EndpointId)> owner, RowHooks hooks)
    : row_(options.row),
      environment_(options.environment),
      hooks_(std::move(hooks)),
      exchange_waiter_(options.wait),
      payload_waiter_(options.wait),
      messages_(options.environment),
      payloads_(options.environment, std::move(owner), payload_waiter_, options.flip) {}

MpiRow::~MpiRow() {
  if (broken_ || !payloads_.Drain().ok()) {
    // MPI may still write to our buffers if it is called again; it must not be.
    environment_.Abandon();
  }
}

double MpiRow::exchange_wait_seconds() const {
  return absl::ToDoubleSeconds(exchange_waiter_.waited());
}

absl::StatusOr<Ticks> MpiRow::Swap(std::span<const std::vector<CrossingRecord>> outgoing,
                                   Ticks next, std::vector<CrossingRecord>& incoming) {
  absl::Status wish = payloads_.status();
  if (wish.ok() && hooks_.on_window) {
    wish = hooks_.on_window();
  }
  const std::string news = hooks_.news ? hooks_.news() : "";
  news_.clear();
  ++window_;
  for (int process = 0; process < environment_.size(); ++process) {
    if (process != environment_.index()) {
      Write(process, outgoing[static_cast<size_t>(process)], next, wish, news);
    }
  }
  absl::Status swapped = messages_.Swap(exchange_waiter_);
  if (swapped.ok()) {
    swapped = payloads_.StartAnnounced();
  }
  Ticks agreed = next;
  absl::Status stop;
  for (int process = 0; process < environment_.size() && swapped.ok(); ++process) {
    if (process == environment_.index()) {
      stop.Update(wish);
      news_.push_back(news);
    } else {
      swapped = Read(process, incoming, agreed, stop);
    }
  }
  if (!swapped.ok()) {
    broken_ = true;
    return swapped;
  }
  UPF_RETURN_IF_ERROR(stop);
  if (agreed != fabric::sim::kNever) {
    Tell(agreed);
  }
  return agreed;
}

void MpiRow::Tell(Ticks start) {
  for (const std::string& news : news_) {
    if (!news.empty() && hooks_.on_news) {
      hooks_.on_news(news, start);
    }
  }
}

void MpiRow::Write(int process, std::span<const CrossingRecord> records, Ticks next,
                   const absl::Status& wish, const std::string& news) {
  MessageWriter& writer = messages_.To(process);
  writer.Append(WindowHeader{.window = window_,
                             .next = next,
                             .records = records.size(),
                             .row = row_,
                             .status = static_cast<int32_t>(wish.code()),
                             .text_bytes = wish.message().size(),
                             .news_bytes = news.size()});
  writer.AppendBytes(std::as_bytes(records));
  payloads_.Announce(process, writer);
  writer.AppendBytes(std::as_bytes(std::span(wish.message())));
  writer.AppendBytes(std::as_bytes(std::span(news)));
}

absl::Status MpiRow::Read(int process, std::vector<CrossingRecord>& incoming, Ticks& next,
                          absl::Status& stop) {
  MessageReader reader = messages_.From(process);
  const auto header = reader.Read<WindowHeader>();
  if (header.row != row_ || header.window != window_) {
    return absl::InternalError(absl::StrCat("daemon ", process, " is in row ", header.row,
                                            " window ", header.window, ", this one in row ", row_,
                                            " window ", window_));
  }
  const size_t old_size = incoming.size();
  incoming.resize(old_size + header.records);
  const std::span<const std::byte> records =
      reader.ReadBytes(header.records * sizeof(CrossingRecord));
  if (!records.empty()) {
    std::memcpy(&incoming[old_size], records.data(), records.size());
  }
  UPF_RETURN_IF_ERROR(payloads_.ReadAnnouncements(process, reader));
  next = std::min(next, header.next);
  const std::string text = ReadText(reader, header.text_bytes);
  news_.push_back(ReadText(reader, header.news_bytes));
  if (header.status != 0) {
    stop.Update(absl::Status(static_cast<absl::StatusCode>(header.status), text));
  }
  return absl::OkStatus();
}

}  // namespace upfabric::daemon
