#include "collectives/endpoint_tasks.h"

#include <algorithm>
#include <map>

#include "fabric/base/check.h"

namespace upfabric::collectives {
namespace {

// A cookie is the task's place at the endpoint above these bits, and the executor's own below.
constexpr int kOwnBits = 16;
constexpr uint32_t kOwnMask = (uint32_t{1} << kOwnBits) - 1;

// The endpoint's port as one of its tasks sees it.
class TaskPort final : public fabric::MessagePort {
 public:
  TaskPort(fabric::MessagePort& port, size_t task)
      : port_(port), task_(static_cast<uint32_t>(task)) {}

  void PostSend(const fabric::SendRequest& request) override {
    fabric::SendRequest named = request;
    named.cookie = Named(request.cookie);
    port_.PostSend(named);
  }
  std::optional<SimTime> PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) override {
    return port_.PostRecv(source, tag, Named(cookie));
  }
  void PostMulticast(const fabric::MulticastRequest& request) override {
    port_.PostMulticast(request);
  }
  void PostReduceRead(const fabric::ReduceReadRequest& request, uint32_t cookie) override {
    port_.PostReduceRead(request, Named(cookie));
  }
  void PostLocal(Bytes traffic, uint32_t cookie) override {
    port_.PostLocal(traffic, Named(cookie));
  }
  void PostTimer(Picoseconds delay, uint32_t cookie) override {
    port_.PostTimer(delay, Named(cookie));
  }

 private:
  uint32_t Named(uint32_t cookie) const {
    UPF_CHECK_OP(cookie, <=, kOwnMask);
    return task_ << kOwnBits | cookie;
  }

  fabric::MessagePort& port_;
  uint32_t task_;
};

class EndpointTasks final : public fabric::MessagePortClient {
 public:
  void Add(RankExecutor* executor, std::vector<size_t> after) {
    tasks_.push_back({executor, std::move(after)});
  }

  void OnStart(fabric::MessagePort& port) override {
    ports_.reserve(tasks_.size());
    for (size_t i = 0; i < tasks_.size(); ++i) {
      tasks_[i].executor->Attach(ports_.emplace_back(port, i));
    }
    LaunchReady(SimTime());
  }
  void OnReceived(SimTime now, uint32_t cookie) override {
    TaskOf(cookie).OnReceived(now, cookie & kOwnMask);
    LaunchReady(now);
  }
  void OnLocalDone(SimTime now, uint32_t cookie) override {
    TaskOf(cookie).OnLocalDone(now, cookie & kOwnMask);
    LaunchReady(now);
  }
  void OnTimer(SimTime now, uint32_t cookie) override {
    TaskOf(cookie).OnTimer(now, cookie & kOwnMask);
    LaunchReady(now);
  }
  void OnSent(SimTime now, uint32_t cookie) override {
    TaskOf(cookie).OnSent(now, cookie & kOwnMask);
    LaunchReady(now);
  }

 private:
  struct Task {
    RankExecutor* executor = nullptr;
    std::vector<size_t> after;  // at this endpoint
    bool launched = false;
  };

  RankExecutor& TaskOf(uint32_t cookie) { return *tasks_[cookie >> kOwnBits].executor; }

  // A task that ends as it begins lets those after it begin: they come later in the list.
  void LaunchReady(SimTime now) {
    for (Task& task : tasks_) {
      const bool ready = !task.launched &&
                         std::all_of(task.after.begin(), task.after.end(),
                                     [this](size_t i) { return tasks_[i].executor->finished(); });
      if (ready) {
        task.launched = true;
        task.executor->Launch(now);
      }
    }
  }

  std::vector<Task> tasks_;
  std::vector<TaskPort> ports_;
};

}  // namespace

std::vector<std::pair<EndpointId, std::unique_ptr<fabric::MessagePortClient>>> JoinTasks(
    const std::vector<JobTask>& tasks) {
  struct AtEndpoint {
    std::unique_ptr<EndpointTasks> client = std::make_unique<EndpointTasks>();
    std::map<size_t, size_t> places;  // of a task in the client, by its place in `tasks`
  };
  std::map<EndpointId, AtEndpoint> endpoints;
  for (size_t t = 0; t < tasks.size(); ++t) {
    for (const auto& [endpoint, executor] : tasks[t].job->Clients()) {
      AtEndpoint& at = endpoints[endpoint];
      std::vector<size_t> after;
      for (const size_t before : tasks[t].after) {
        UPF_CHECK_OP(before, <, t);
        if (const auto place = at.places.find(before); place != at.places.end()) {
          after.push_back(place->second);
        }
      }
      at.places.emplace(t, at.places.size());
      at.client->Add(executor, std::move(after));
    }
  }
  std::vector<std::pair<EndpointId, std::unique_ptr<fabric::MessagePortClient>>> clients;
  for (auto& [endpoint, at] : endpoints) {
    clients.emplace_back(endpoint, std::move(at.client));
  }
  return clients;
}

}  // namespace upfabric::collectives
