#include "daemon/solo_group.h"

#include <span>
#include <utility>

#include "collectives/local_payload_transport.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using fabric::sim::CrossingRecord;
using fabric::sim::Ticks;

// Nobody to swap with; each window still gives the caller a chance to look or to stop.
class SoloExchange final : public fabric::sim::WindowExchange {
 public:
  explicit SoloExchange(RowHooks hooks) : hooks_(std::move(hooks)) {}

  absl::StatusOr<Ticks> Swap(std::span<const std::vector<CrossingRecord>>, Ticks next,
                             std::vector<CrossingRecord>&) override {
    if (hooks_.on_window) {
      UPF_RETURN_IF_ERROR(hooks_.on_window());
    }
    if (hooks_.news && next != fabric::sim::kNever) {
      if (const std::string news = hooks_.news(); !news.empty()) {
        hooks_.on_news(news, next);
      }
    }
    return next;
  }

 private:
  RowHooks hooks_;
};

class SoloSession final : public RowSession {
 public:
  explicit SoloSession(RowHooks hooks) : exchange_(std::move(hooks)) {}

  fabric::sim::WindowExchange& exchange() override { return exchange_; }
  collectives::PayloadTransport& transport() override { return payloads_; }
  std::vector<std::string> DamagedMessages() const override { return payloads_.DamagedMessages(); }
  double exchange_wait_seconds() const override { return 0; }

 private:
  SoloExchange exchange_;
  collectives::LocalPayloadTransport payloads_;
};

}  // namespace

std::unique_ptr<RowSession> SoloGroup::StartRow(std::function<int(EndpointId)>, RowHooks hooks) {
  return std::make_unique<SoloSession>(std::move(hooks));
}

absl::StatusOr<std::vector<std::string>> SoloGroup::AllGather(const std::string& mine) {
  return std::vector<std::string>{mine};
}

}  // namespace upfabric::daemon
