#include "daemon/cli/chrome_trace.h"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daemon/cli/json_writer.h"
#include "daemon/cli/numbers.h"

namespace upfabric::daemon::cli {
namespace {

// Between rows, so that one is seen to end where the next begins.
constexpr int64_t kGapPicoseconds = 1'000'000;

// Sender, receiver, connection, sequence.
using MessageKey = std::tuple<int, int, int, int64_t>;

class TraceWriter {
 public:
  TraceWriter() { json_.BeginObject().Key("traceEvents").BeginArray(/*lines=*/true); }

  void Row(const v1::Row& row) {
    CollectMessages(row.timeline());
    for (const v1::RankTimeline& rank : row.timeline().ranks()) {
      if (named_.insert(rank.rank()).second) {
        Name("process_name", rank.rank(), -1, absl::StrCat("rank ", rank.rank()));
      }
      for (int stream = 0; stream < rank.streams_size(); ++stream) {
        for (const v1::InstructionTime& entry : rank.streams(stream).instructions()) {
          Instruction(rank.rank(), stream, entry);
        }
      }
    }
    UnderWay();
    offset_ += row.time_ps() + kGapPicoseconds;
    flows_before_ += static_cast<int64_t>(ids_.size());
    ids_.clear();
    changes_.clear();
  }

  std::string Take() {
    json_.EndArray().Key("displayTimeUnit").String("ns").EndObject();
    return json_.text() + "\n";
  }

 private:
  static MessageKey KeyOf(int rank, const v1::InstructionTime& entry) {
    const bool sends = absl::StartsWith(entry.operation(), "send");
    return {sends ? rank : entry.peer(), sends ? entry.peer() : rank, entry.connection(),
            entry.sequence()};
  }

  // Numbers the messages whose both ends are in the timeline.
  void CollectMessages(const v1::Timeline& timeline) {
    std::set<MessageKey> sent;
    for (const bool sends : {true, false}) {
      for (const v1::RankTimeline& rank : timeline.ranks()) {
        for (const v1::StreamTimeline& stream : rank.streams()) {
          for (const v1::InstructionTime& entry : stream.instructions()) {
            if (entry.peer() < 0 || entry.bytes() == 0 ||
                absl::StartsWith(entry.operation(), "send") != sends) {
              continue;
            }
            const MessageKey key = KeyOf(rank.rank(), entry);
            if (sends) {
              sent.insert(key);
            } else if (sent.count(key) > 0) {
              ids_.emplace(key, flows_before_ + static_cast<int64_t>(ids_.size()));
            }
          }
        }
      }
    }
  }

  std::string Time(int64_t picoseconds) const {
    return MicrosecondsText(Picoseconds(offset_ + picoseconds));
  }

  JsonWriter& Begin(const char* phase, int pid, int tid) {
    json_.BeginObject().Key("ph").String(phase).Key("pid").Int(pid);
    if (tid >= 0) {
      json_.Key("tid").Int(tid);
    }
    return json_;
  }

  void Name(const char* what, int pid, int tid, const std::string& name) {
    Begin("M", pid, tid).Key("name").String(what);
    json_.Key("args").BeginObject().Key("name").String(name).EndObject().EndObject();
  }

  void Instruction(int rank, int stream, const v1::InstructionTime& entry) {
    if (entry.bytes() == 0) {
      return;  // moves nothing and takes no time
    }
    Begin("X", rank, stream).Key("name").String(entry.operation());
    json_.Key("ts").Raw(Time(entry.start_ps()));
    json_.Key("dur").Raw(MicrosecondsText(Picoseconds(entry.finish_ps() - entry.start_ps())));
    json_.Key("args").BeginObject().Key("bytes").Int(entry.bytes());
    if (entry.peer() >= 0) {
      json_.Key("peer").Int(entry.peer());
    }
    json_.EndObject().EndObject();
    const auto id = entry.peer() < 0 ? ids_.end() : ids_.find(KeyOf(rank, entry));
    if (id == ids_.end()) {
      return;
    }
    const bool sends = absl::StartsWith(entry.operation(), "send");
    const int64_t when = sends ? entry.start_ps() : entry.arrival_ps();
    changes_[when] += sends ? 1 : -1;
    Begin(sends ? "s" : "f", rank, stream).Key("name").String("message");
    json_.Key("cat").String("message").Key("id").Int(id->second).Key("ts").Raw(Time(when));
    if (!sends) {
      json_.Key("bp").String("e");
    }
    json_.EndObject();
  }

  void UnderWay() {
    int64_t messages = 0;
    for (const auto& [when, change] : changes_) {
      messages += change;
      Begin("C", -1, -1).Key("name").String("messages under way");
      json_.Key("ts").Raw(Time(when)).Key("args").BeginObject();
      json_.Key("messages").Int(messages).EndObject().EndObject();
    }
  }

  JsonWriter json_;
  int64_t offset_ = 0;
  int64_t flows_before_ = 0;
  std::set<int> named_;
  std::map<MessageKey, int64_t> ids_;
  std::map<int64_t, int64_t> changes_;
};

}  // namespace

std::string ChromeTrace(const v1::Result& result) {
  TraceWriter writer;
  for (const v1::Row& row : result.rows()) {
    writer.Row(row);
  }
  return writer.Take();
}

int64_t LeftOutOfTrace(const v1::Result& result) {
  int64_t left_out = 0;
  for (const v1::Row& row : result.rows()) {
    left_out += row.timeline().instructions_left_out();
  }
  return left_out;
}

}  // namespace upfabric::daemon::cli
