#include "daemon/rpc/watch_relay.h"

#include <atomic>

namespace upfabric::daemon {
namespace {

// The two ends share one buffer: a message is read, then written, then the next is read.
class WatchRelay final : public grpc::ServerWriteReactor<v1::WatchRunResponse> {
 public:
  WatchRelay(v1::ControlService::Stub& coordinator, const v1::WatchRunRequest& request)
      : request_(request), source_(*this) {
    coordinator.async()->WatchRun(&context_, &request_, &source_);
    // Reads start outside of the source's own callbacks; the hold keeps it open until the last one.
    source_.AddHold();
    source_.StartRead(&message_);
    source_.StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      source_.StartRead(&message_);
    } else {
      context_.TryCancel();
      source_.RemoveHold();
    }
  }
  void OnCancel() override { context_.TryCancel(); }
  void OnDone() override { EndOne(); }

 private:
  class Source final : public grpc::ClientReadReactor<v1::WatchRunResponse> {
   public:
    explicit Source(WatchRelay& relay) : relay_(relay) {}
    void OnReadDone(bool ok) override {
      if (ok) {
        relay_.StartWrite(&relay_.message_);
      } else {
        RemoveHold();
      }
    }
    void OnDone(const grpc::Status& status) override {
      relay_.Finish(status);
      relay_.EndOne();
    }

   private:
    WatchRelay& relay_;
  };

  void EndOne() {
    if (--open_ends_ == 0) {
      delete this;
    }
  }

  const v1::WatchRunRequest request_;
  grpc::ClientContext context_;
  v1::WatchRunResponse message_;
  Source source_;
  std::atomic<int> open_ends_ = 2;
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchRunResponse>* StartWatchRelay(
    v1::ControlService::Stub& coordinator, const v1::WatchRunRequest& request) {
  return new WatchRelay(coordinator, request);
}

}  // namespace upfabric::daemon
