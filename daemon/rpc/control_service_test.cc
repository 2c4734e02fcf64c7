// The service over real gRPC on loopback, with a thread in the place of the simulation.

#include "daemon/rpc/control_service.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "daemon/exit_codes.h"
#include "daemon/rpc/control_client.h"
#include "daemon/rpc/rpc_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

constexpr char kLoopback[] = "127.0.0.1";

absl::Status CheckHasEndpoints(const v1::Workload& workload) {
  return workload.endpoints().empty() ? absl::InvalidArgumentError("-g: 0 ranks")
                                      : absl::OkStatus();
}

void AnswerWithCount(const v1::InjectFaultRequest& request, const InjectionAnswer& answer) {
  if (request.faults().empty()) {
    answer(absl::InvalidArgumentError("there is no fault to inject"));
    return;
  }
  v1::InjectFaultResponse response;
  response.set_row(request.faults_size());
  answer(response);
}

// One daemon without a fabric.
struct FakeDaemon {
  FakeDaemon() {
    auto started = RpcServer::Start({kLoopback, 0}, service);
    EXPECT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
    server->SetServing(true);
  }

  RunBoard board;
  ControlService service{board,
                         {.status = [this]() -> absl::StatusOr<v1::GetStatusResponse> {
                            v1::GetStatusResponse status;
                            status.set_fabric("fake");
                            status.set_waiting_runs(board.waiting_runs());
                            return status;
                          },
                          .check = CheckHasEndpoints,
                          .inject = AnswerWithCount}};
  std::unique_ptr<RpcServer> server;
};

// Runs what the board gives: a row for each size, and a failure for size 13.
class FakeSimulation {
 public:
  explicit FakeSimulation(RunBoard& board) : board_(board), thread_([this] { Loop(); }) {}
  ~FakeSimulation() {
    board_.StopAll();
    thread_.join();
  }

 private:
  void Loop() {
    while (!board_.stop_all_wanted()) {
      const auto run = board_.Next();
      if (run.has_value()) {
        board_.End(Run(run->workload), {});
      } else {
        board_.WaitForWork(absl::Seconds(10));
      }
    }
  }

  absl::StatusOr<v1::Result> Run(const v1::Workload& workload) {
    v1::Result result;
    do {
      for (const int64_t size : workload.sizes_bytes()) {
        if (size == 13) {
          return NoProgressError("rank 0 waits");
        }
        if (board_.stop_active_wanted()) {
          return absl::CancelledError("the run was stopped");
        }
        v1::Row* row = result.add_rows();
        row->set_bytes(size);
        board_.AddRow(*row, result.rows_size(), workload.sizes_bytes_size());
      }
    } while (workload.loop());
    return result;
  }

  RunBoard& board_;
  std::thread thread_;
};

v1::Workload WorkloadOf(std::vector<int64_t> sizes) {
  v1::Workload workload;
  workload.add_endpoints(0);
  for (const int64_t size : sizes) {
    workload.add_sizes_bytes(size);
  }
  return workload;
}

std::unique_ptr<ControlClient> ConnectTo(const FakeDaemon& daemon) {
  auto client = ControlClient::Connect(daemon.server->address().ToString());
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

TEST(ControlServiceTest, StreamsEveryRowAndTheResult) {
  FakeDaemon daemon;
  FakeSimulation simulation(daemon.board);
  const auto client = ConnectTo(daemon);
  std::vector<std::string> seen;
  const auto result = client->StartAndWatch(
      WorkloadOf({8, 16, 32}),
      [&seen](const v1::Row& row, int done, int total) {
        seen.push_back(absl::StrCat(row.bytes(), " ", done, "/", total));
      },
      nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows_size(), 3);
  EXPECT_THAT(seen, ::testing::ElementsAre("8 1/3", "16 2/3", "32 3/3"));
}

TEST(ControlServiceTest, AFailureKeepsItsExitCode) {
  FakeDaemon daemon;
  FakeSimulation simulation(daemon.board);
  const auto failed = ConnectTo(daemon)->StartAndWatch(WorkloadOf({13}), nullptr, nullptr);
  EXPECT_EQ(ExitCodeOf(failed.status()), kExitNoProgress);
  EXPECT_EQ(failed.status().message(), "rank 0 waits");
}

TEST(ControlServiceTest, ABadWorkloadIsRefusedBeforeItWaits) {
  FakeDaemon daemon;
  const auto refused = ConnectTo(daemon)->StartAndWatch({}, nullptr, nullptr);
  EXPECT_EQ(refused.status(), absl::InvalidArgumentError("-g: 0 ranks"));
}

TEST(ControlServiceTest, TheSeventeenthWaitingRunIsRefused) {
  FakeDaemon daemon;
  const auto stub = v1::ControlService::NewStub(MakeChannel(daemon.server->address().ToString()));
  v1::StartRunRequest request;
  *request.mutable_workload() = WorkloadOf({8});
  grpc::Status last;
  for (int i = 0; i < 17; ++i) {
    grpc::ClientContext context;
    v1::StartRunResponse response;
    EXPECT_TRUE(last.ok());
    last = stub->StartRun(&context, request, &response);
  }
  EXPECT_EQ(last.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ConnectTo(daemon)->Status()->waiting_runs(), 16);
}

TEST(ControlServiceTest, ALoopRunsUntilItIsStopped) {
  FakeDaemon daemon;
  FakeSimulation simulation(daemon.board);
  const auto watching = ConnectTo(daemon);
  const auto stopping = ConnectTo(daemon);
  v1::Workload loop = WorkloadOf({8});
  loop.set_loop(true);
  bool stopped = false;
  const auto result = watching->StartAndWatch(
      loop,
      [&](const v1::Row&, int, int) {
        if (!stopped) {
          stopped = stopping->Stop("run-1").ok();
        }
      },
      nullptr);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(ExitCodeOf(result.status()), kExitUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("stopped"));
}

TEST(ControlServiceTest, StopWithoutARunStopsTheDaemons) {
  FakeDaemon daemon;
  EXPECT_TRUE(ConnectTo(daemon)->Stop("").ok());
  EXPECT_TRUE(daemon.board.stop_all_wanted());
}

TEST(ControlServiceTest, OtherDaemonsPassCommandsOn) {
  FakeDaemon coordinator;
  FakeSimulation simulation(coordinator.board);
  FakeDaemon other;
  other.service.PassCommandsTo(MakeChannel(coordinator.server->address().ToString()));
  const auto client = ConnectTo(other);
  int rows = 0;
  const auto result = client->StartAndWatch(
      WorkloadOf({8, 16}), [&rows](const v1::Row&, int, int) { ++rows; }, nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(client->StartAndWatch({}, nullptr, nullptr).status(),
            absl::InvalidArgumentError("-g: 0 ranks"));
  v1::FaultSchedule faults;
  faults.add_faults();
  EXPECT_EQ(client->Inject(faults)->row(), 1);
  EXPECT_EQ(client->Inject({}).status(), absl::InvalidArgumentError("there is no fault to inject"));
  EXPECT_EQ(client->Stop("run-9").code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(client->Stop("").ok());
  EXPECT_TRUE(coordinator.board.stop_all_wanted());
  EXPECT_FALSE(other.board.stop_all_wanted());
}

TEST(ControlServiceTest, AClientThatGoesAwayLeavesTheRunAlone) {
  FakeDaemon coordinator;
  FakeDaemon other;
  other.service.PassCommandsTo(MakeChannel(coordinator.server->address().ToString()));
  ASSERT_TRUE(coordinator.board.Start(WorkloadOf({8})).ok());
  for (const FakeDaemon* daemon : {&coordinator, &other}) {
    const auto stub =
        v1::ControlService::NewStub(MakeChannel(daemon->server->address().ToString()));
    grpc::ClientContext context;
    v1::WatchRunRequest request;
    request.set_run_id("run-1");
    const auto stream = stub->WatchRun(&context, request);
    context.TryCancel();
    v1::WatchRunResponse message;
    EXPECT_FALSE(stream->Read(&message));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_EQ(coordinator.board.Next()->id, "run-1");
}

TEST(ControlServiceTest, ClosingTheBoardTellsTheClientsWhy) {
  FakeDaemon daemon;
  std::thread closing([&] {
    while (!daemon.board.Next().has_value()) {
      std::this_thread::yield();
    }
    daemon.board.Close(absl::UnavailableError("daemon 2 is gone"));
  });
  const auto result = ConnectTo(daemon)->StartAndWatch(WorkloadOf({8}), nullptr, nullptr);
  closing.join();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("daemon 2 is gone"));
}

TEST(ControlClientTest, NoDaemonIsOneClearLine) {
  std::string address;
  {
    const FakeDaemon daemon;
    address = daemon.server->address().ToString();
  }
  EXPECT_EQ(ControlClient::Connect(address).status(),
            absl::UnavailableError("no daemon at " + address));
}

TEST(RpcServerTest, APortInUseIsBadInput) {
  const FakeDaemon first;
  RunBoard board;
  ControlService service(board, {});
  const auto second = RpcServer::Start(first.server->address(), service);
  EXPECT_EQ(second.status(), absl::AlreadyExistsError(absl::StrCat(
                                 "--listen: ", first.server->address().ToString(), " is in use")));
}

TEST(RpcServerTest, AHostThatIsNotThisMachineIsBadInput) {
  RunBoard board;
  ControlService service(board, {});
  EXPECT_EQ(RpcServer::Start({"192.0.2.1", 0}, service).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace upfabric::daemon
