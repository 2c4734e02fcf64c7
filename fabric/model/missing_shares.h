// Which shares of a message are still to come, or still to leave.
//
// Models:  a share that faults split comes as itself and rests, each split off the one before, in
//          any order; the last rest tells how many they are.
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_MISSING_SHARES_H_
#define UPFABRIC_FABRIC_MODEL_MISSING_SHARES_H_

#include "fabric/sim/record.h"

namespace upfabric::fabric {

class MissingShares {
 public:
  // Counts one. Returns whether all are in.
  bool Take(const sim::Record& share) {
    if (share.moved()) {
      const int rests = share.split() ? 0 : share.shares;
      last_rests_ -= share.split() ? 0 : 1;
      rests_ += rests - 1;
    } else {
      shares_ += started_ ? 0 : share.shares;
      started_ = true;
      shares_ -= 1;
      last_rests_ += share.split() ? 1 : 0;
    }
    return started_ && shares_ == 0 && last_rests_ == 0 && rests_ == 0;
  }

 private:
  int shares_ = 0;  // counts only once the first share is in
  // Negative while rests are here that nothing announced yet.
  int last_rests_ = 0;
  int rests_ = 0;
  bool started_ = false;  // a share that is no rest is in
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_MISSING_SHARES_H_
