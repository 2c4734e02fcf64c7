// Tags of our MPI messages, all on MPI_COMM_WORLD, which is ours alone.

#ifndef UPFABRIC_DAEMON_MPI_TAGS_H_
#define UPFABRIC_DAEMON_MPI_TAGS_H_

namespace upfabric::daemon {

inline constexpr int kTagWindow = 1;      // a window's message, or its first part
inline constexpr int kTagWindowRest = 2;  // the rest of it
inline constexpr int kTagPayload = 3;     // payload, in the order of its announcements
inline constexpr int kTagCommand = 4;     // what daemon 0 tells the others between runs

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_TAGS_H_
