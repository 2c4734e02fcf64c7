// Faults as people write and read them.
//
// Grammar: KIND TARGET [VALUE], with options of the kind; a link is gpuE:L, an endpoint gpuE, a
//          plane its number (or swN):
//            link-down LINK, link-up LINK, plane-down PLANE, plane-up PLANE, lanes LINK N,
//            error-rate LINK P, flap LINK --down T --period T --times N,
//            slow ENDPOINT --injection X --memory X, leak LINK --space S [--vc N] [--from-switch]
// Errors:  kInvalidArgument, one line: the word or flag, what is wrong, what is allowed.

#ifndef UPFABRIC_DAEMON_CLI_FAULT_TEXT_H_
#define UPFABRIC_DAEMON_CLI_FAULT_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "upfabric/v1/faults.pb.h"

namespace upfabric::daemon::cli {

// As typed; "" is what was not given.
struct FaultWords {
  std::vector<std::string> words = {};  // KIND TARGET [VALUE]
  std::string down = {};
  std::string period = {};
  std::string times = {};
  std::string injection = {};
  std::string memory = {};
  std::string space = {};
  std::string vc = {};
  bool from_switch = false;
  std::string at = {};  // becomes the fault's time
};

// The kinds, one line each, for --help.
std::string FaultUsage();

// A fault whose quantities fabric/config accepts; its time is "" if `at` is.
absl::StatusOr<v1::Fault> ParseFault(const FaultWords& words);

// What stands: "plane 4 down", "gpu3:5 2 lanes", without the time.
std::string FaultText(const v1::Fault& fault);
// All of them, separated by commas; "none".
std::string FaultsText(const v1::FaultSchedule& faults);

// One object on one line, as a file for --faults has it.
std::string FaultJson(const v1::Fault& fault);
// A whole file for --faults.
std::string FaultsFileText(const v1::FaultSchedule& faults);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_FAULT_TEXT_H_
