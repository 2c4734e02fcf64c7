// Limits that both ends of our RPCs agree on.

#ifndef UPFABRIC_DAEMON_RPC_LIMITS_H_
#define UPFABRIC_DAEMON_RPC_LIMITS_H_

namespace upfabric::daemon {

// chosen: a result of 100,000 rows fits.
inline constexpr int kMessageBytesMax = 64 * 1024 * 1024;
// chosen: a client notices within twice this that a daemon was cut off.
inline constexpr int kKeepAliveMilliseconds = 5'000;

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_LIMITS_H_
