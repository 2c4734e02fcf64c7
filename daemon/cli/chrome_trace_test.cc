#include "daemon/cli/chrome_trace.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <map>
#include <set>

namespace upfabric::daemon::cli {
namespace {

void AddInstruction(v1::StreamTimeline& stream, const char* operation, int peer, int64_t start,
                    int64_t finish) {
  v1::InstructionTime& entry = *stream.add_instructions();
  entry.set_operation(operation);
  entry.set_peer(peer);
  entry.set_start_ps(start);
  entry.set_arrival_ps(finish);
  entry.set_finish_ps(finish);
  entry.set_bytes(64);
}

// Two rows in which rank 0 sends to rank 1, and to rank 2, whose receive is not in the timeline.
v1::Result TwoRows() {
  v1::Result result;
  for (int r = 0; r < 2; ++r) {
    v1::Row& row = *result.add_rows();
    row.set_time_ps(3'000'000);
    v1::RankTimeline& sender = *row.mutable_timeline()->add_ranks();
    sender.set_rank(0);
    v1::StreamTimeline& sends = *sender.add_streams();
    AddInstruction(sends, "send", 1, 0, 0);
    AddInstruction(sends, "send", 2, 0, 0);
    v1::RankTimeline& receiver = *row.mutable_timeline()->add_ranks();
    receiver.set_rank(1);
    AddInstruction(*receiver.add_streams(), "receive", 0, 0, 2'500'000);
    row.mutable_timeline()->set_instructions_left_out(1);
  }
  return result;
}

TEST(ChromeTraceTest, IsJsonWhoseFlowsHaveTwoEnds) {
  google::protobuf::Struct trace;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ChromeTrace(TwoRows()), &trace).ok());
  std::multiset<double> starts;
  std::multiset<double> ends;
  std::map<std::string, int> phases;
  std::vector<double> receives;
  for (const auto& value : trace.fields().at("traceEvents").list_value().values()) {
    const auto& event = value.struct_value().fields();
    const std::string phase = event.at("ph").string_value();
    ++phases[phase];
    if (phase == "s") {
      starts.insert(event.at("id").number_value());
    } else if (phase == "f") {
      ends.insert(event.at("id").number_value());
    } else if (phase == "X" && event.at("name").string_value() == "receive") {
      receives.push_back(event.at("ts").number_value());
      EXPECT_DOUBLE_EQ(event.at("dur").number_value(), 2.5);
      EXPECT_DOUBLE_EQ(event.at("pid").number_value(), 1);
    }
  }
  EXPECT_EQ(phases["X"], 6);
  EXPECT_EQ(phases["M"], 2);
  EXPECT_EQ(starts.size(), 2u);
  EXPECT_EQ(starts, ends);
  EXPECT_EQ(std::set<double>(starts.begin(), starts.end()).size(), 2u);
  // The second row follows the first.
  EXPECT_THAT(receives, ::testing::ElementsAre(0, 4));
  EXPECT_EQ(LeftOutOfTrace(TwoRows()), 2);
}

}  // namespace
}  // namespace upfabric::daemon::cli
