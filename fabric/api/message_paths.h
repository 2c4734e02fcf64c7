// From the log of one network's channels to the paths of the messages watched in it.

#ifndef UPFABRIC_FABRIC_API_MESSAGE_PATHS_H_
#define UPFABRIC_FABRIC_API_MESSAGE_PATHS_H_

#include <memory>
#include <vector>

#include "fabric/api/message_path.h"
#include "fabric/api/network.h"
#include "fabric/model/message_log.h"

namespace upfabric::fabric {

class NetworkWatch {
 public:
  // Watches those of `messages` that `network` carries: of several networks, `is_last` joins the
  // others. The log is on its channels until the watch ends; the network outlives it.
  NetworkWatch(Network& network, bool is_last, int pod_endpoints,
               const std::vector<WatchedMessage>& messages);
  ~NetworkWatch();
  NetworkWatch(const NetworkWatch&) = delete;
  NetworkWatch& operator=(const NetworkWatch&) = delete;

  // Appends the paths of the messages whose packets went through this partition.
  void AppendPaths(std::vector<MessagePath>& paths) const;

 private:
  struct Watched {
    size_t index = 0;
    WatchedMessage message;
  };
  struct Hop {
    const LoggedPacket* packet = nullptr;
    const FabricParts::Channel* channel = nullptr;
  };
  std::vector<Hop> LastWay(size_t message) const;
  sim::Ticks DelayOf(const FabricParts::Channel& channel) const;
  MessagePath PathOf(const Watched& watched, const std::vector<Hop>& hops) const;

  Network& network_;
  MessageLog log_;
  std::vector<Watched> watched_;  // by number in the log
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_MESSAGE_PATHS_H_
