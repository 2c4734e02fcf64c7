// The process group of an MPI job, on real MPI: every process of the job runs this program and
// makes the same calls. Endpoint e belongs to process e.

#include "daemon/mpi/group.h"

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "daemon/mpi/commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using collectives::MessageName;
using fabric::sim::CrossingRecord;
using fabric::sim::kNever;
using fabric::sim::Ticks;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// MPI starts once in a process: main() owns it and the tests borrow it.
MpiEnvironment* g_environment = nullptr;  // NOLINT: GoogleTest has no other way to pass it

MpiGroupOptions Options(int64_t flip_payload = 0) {
  return {.wait = {.limit = absl::Seconds(30), .peer_health = nullptr},
          .flip_payload = flip_payload};
}

int OwnerOf(EndpointId endpoint) { return endpoint.value(); }

std::vector<std::byte> Pattern(size_t size, int seed) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + i / 251 + static_cast<size_t>(seed));
  }
  return bytes;
}

CrossingRecord RecordOf(int from, int sequence) {
  CrossingRecord record;
  record.channel = from;
  record.record.time = sequence;
  return record;
}

// Sends each process `size` bytes, swaps once, and takes what the others sent.
void SwapPayloads(RowSession& row, int index, int processes, size_t size, bool expect_equal) {
  for (int to = 0; to < processes; ++to) {
    row.transport().Send({EndpointId(index), EndpointId(to), 9}, Pattern(size, index * 16 + to));
  }
  std::vector<CrossingRecord> incoming;
  const std::vector<std::vector<CrossingRecord>> outgoing(static_cast<size_t>(processes));
  ASSERT_TRUE(row.exchange().Swap(outgoing, kNever, incoming).ok());
  for (int from = 0; from < processes; ++from) {
    const auto bytes = row.transport().Take({EndpointId(from), EndpointId(index), 9});
    if (expect_equal) {
      EXPECT_TRUE(bytes == Pattern(size, from * 16 + index)) << "from " << from;
    }
  }
}

TEST(MpiGroupTest, GathersStringsOfAnyLengthInOrder) {
  MpiGroup group(*g_environment, Options());
  const std::string mine(static_cast<size_t>(group.index()) * 1000, 'x');
  const auto all = group.AllGather(mine);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), static_cast<size_t>(group.size()));
  for (size_t process = 0; process < all->size(); ++process) {
    EXPECT_EQ((*all)[process].size(), process * 1000);
  }
}

TEST(MpiGroupTest, AgreesOnTheSmallestNextTime) {
  MpiGroup group(*g_environment, Options());
  const auto row = group.StartRow(OwnerOf, {});
  std::vector<CrossingRecord> incoming;
  const std::vector<std::vector<CrossingRecord>> nothing(static_cast<size_t>(group.size()));
  for (Ticks window = 0; window < 100; ++window) {
    const int first = static_cast<int>(window) % group.size();
    const Ticks mine = group.index() == first ? window : kNever;
    const auto next = row->exchange().Swap(nothing, mine, incoming);
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_EQ(*next, window);
  }
  EXPECT_EQ(*row->exchange().Swap(nothing, kNever, incoming), kNever);
  EXPECT_THAT(incoming, IsEmpty());
}

// From 0 to 9,999 records a message: none, some in the first part, and a message in two parts.
TEST(MpiGroupTest, DeliversEveryRecordInOrder) {
  MpiGroup group(*g_environment, Options());
  const auto row = group.StartRow(OwnerOf, {});
  for (const int count : {0, 1, 500, 9'999, 3}) {
    std::vector<std::vector<CrossingRecord>> outgoing(static_cast<size_t>(group.size()));
    for (int to = 0; to < group.size(); ++to) {
      for (int sequence = 0; sequence < count && to != group.index(); ++sequence) {
        outgoing[static_cast<size_t>(to)].push_back(RecordOf(group.index(), sequence));
      }
    }
    std::vector<CrossingRecord> incoming;
    ASSERT_TRUE(row->exchange().Swap(outgoing, 1, incoming).ok());
    ASSERT_EQ(incoming.size(), static_cast<size_t>(count * (group.size() - 1)));
    std::vector<int> expected(static_cast<size_t>(group.size()), 0);
    for (const CrossingRecord& record : incoming) {
      EXPECT_EQ(record.record.time, expected[static_cast<size_t>(record.channel)]++);
    }
  }
}

TEST(MpiGroupTest, PayloadsOfAnySizeArriveWhole) {
  MpiGroup group(*g_environment, Options());
  for (const size_t size : {0UL, 1UL, 4096UL, 4097UL, 1'000'003UL}) {
    const auto row = group.StartRow(OwnerOf, {});
    SwapPayloads(*row, group.index(), group.size(), size, true);
    EXPECT_THAT(row->DamagedMessages(), IsEmpty());
  }
}

TEST(MpiGroupTest, APayloadLargerThanAPieceArrivesWhole) {
  MpiGroup group(*g_environment, Options());
  const auto row = group.StartRow(OwnerOf, {});
  SwapPayloads(*row, group.index(), group.size(), (64U << 20U) + 5, true);
  EXPECT_THAT(row->DamagedMessages(), IsEmpty());
}

// The first payload that process 0 sends to another process goes to process 1.
TEST(MpiGroupTest, ADamagedPayloadIsNamedByItsReceiver) {
  for (const size_t size : {8UL, 100'000UL}) {
    MpiGroup group(*g_environment, Options(/*flip_payload=*/1));
    for (const bool first : {true, false}) {
      const auto row = group.StartRow(OwnerOf, {});
      SwapPayloads(*row, group.index(), group.size(), size, false);
      if (first && group.index() == 1) {
        EXPECT_THAT(row->DamagedMessages(), ElementsAre("0>1#0x00000009"));
      } else {
        EXPECT_THAT(row->DamagedMessages(), IsEmpty());
      }
    }
  }
}

TEST(MpiGroupTest, AWishToStopReachesAllInTheSameWindow) {
  MpiGroup group(*g_environment, Options());
  int windows = 0;
  const int last = group.size() - 1;
  const auto stop = [&] {
    return ++windows == 3 && group.index() == last ? absl::CancelledError("run-7 was stopped")
                                                   : absl::OkStatus();
  };
  const auto row = group.StartRow(OwnerOf, {.on_window = stop});
  std::vector<CrossingRecord> incoming;
  const std::vector<std::vector<CrossingRecord>> nothing(static_cast<size_t>(group.size()));
  EXPECT_TRUE(row->exchange().Swap(nothing, 0, incoming).ok());
  EXPECT_TRUE(row->exchange().Swap(nothing, 0, incoming).ok());
  EXPECT_EQ(row->exchange().Swap(nothing, 0, incoming).status(),
            absl::CancelledError("run-7 was stopped"));
}

// Each process has news in its own window; the last, in which the row ends, delivers none.
TEST(MpiGroupTest, NewsReachAllInTheSameWindowWithTheAgreedStart) {
  MpiGroup group(*g_environment, Options());
  int window = -1;
  std::vector<std::string> heard;
  RowHooks hooks;
  hooks.news = [&]() -> std::string {
    return window == group.index() || window == group.size() ? absl::StrCat("of ", group.index())
                                                             : "";
  };
  hooks.on_news = [&](const std::string& news, Ticks start) {
    heard.push_back(absl::StrCat(news, " in ", window, " at ", start));
  };
  const auto row = group.StartRow(OwnerOf, hooks);
  std::vector<CrossingRecord> incoming;
  const std::vector<std::vector<CrossingRecord>> nothing(static_cast<size_t>(group.size()));
  std::vector<std::string> expected;
  for (window = 0; window < group.size(); ++window) {
    EXPECT_TRUE(row->exchange().Swap(nothing, 100 * window + group.index(), incoming).ok());
    expected.push_back(absl::StrCat("of ", window, " in ", window, " at ", 100 * window));
  }
  EXPECT_TRUE(row->exchange().Swap(nothing, kNever, incoming).ok());
  EXPECT_EQ(heard, expected);
}

TEST(MpiGroupTest, PayloadThatNobodyTakesDoesNotDisturbTheNextRow) {
  MpiGroup group(*g_environment, Options());
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto row = group.StartRow(OwnerOf, {});
    for (int to = 0; to < group.size(); ++to) {
      row->transport().Send({EndpointId(group.index()), EndpointId(to), 1}, Pattern(200'000, 0));
    }
    std::vector<CrossingRecord> incoming;
    const std::vector<std::vector<CrossingRecord>> nothing(static_cast<size_t>(group.size()));
    EXPECT_TRUE(row->exchange().Swap(nothing, kNever, incoming).ok());
  }
  const auto row = group.StartRow(OwnerOf, {});
  SwapPayloads(*row, group.index(), group.size(), 100'000, true);
}

TEST(MpiCommandsTest, TheOthersGetCommandsInOrder) {
  const WaiterOptions wait{.limit = absl::Seconds(30), .peer_health = nullptr};
  MpiCommands commands(*g_environment, wait);
  if (g_environment->index() == 0) {
    EXPECT_TRUE(commands.Send("first").ok());
    EXPECT_TRUE(commands.Send(std::string(100'000, 'y')).ok());
  } else {
    std::vector<std::string> got;
    Waiter waiter(wait);
    const absl::Status waited = waiter.Wait([&]() -> absl::StatusOr<bool> {
      auto command = commands.Poll();
      if (command.ok() && command->has_value()) {
        got.push_back(**command);
      }
      return got.size() == 2;
    });
    EXPECT_TRUE(waited.ok()) << waited;
    EXPECT_THAT(got, ElementsAre("first", std::string(100'000, 'y')));
  }
  EXPECT_TRUE(commands.Barrier().ok());
}

}  // namespace
}  // namespace upfabric::daemon

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  if (!upfabric::daemon::RunningUnderMpirun()) {
    std::fprintf(stderr, "run this test with mpirun\n");
    return 2;
  }
  auto environment = upfabric::daemon::MpiEnvironment::Init();
  if (!environment.ok()) {
    std::fprintf(stderr, "%s\n", environment.status().ToString().c_str());
    return 3;
  }
  upfabric::daemon::g_environment = environment->get();
  return RUN_ALL_TESTS();
}
