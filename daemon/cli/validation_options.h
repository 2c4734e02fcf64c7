// The command lines of `upfabric validate` and `upfabric calibrate` as values.
//
// Calls CLI11, as options.h does, whose caller ends its exceptions.
// Errors: kInvalidArgument, one line: the flag, what is wrong, what is allowed.

#ifndef UPFABRIC_DAEMON_CLI_VALIDATION_OPTIONS_H_
#define UPFABRIC_DAEMON_CLI_VALIDATION_OPTIONS_H_

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/status/statusor.h"

namespace upfabric::daemon::cli {

// What flags say of measured tables; "" and 0 leave it to the index or the table.
struct TableFlags {
  std::string index;
  std::string fabric;
  std::string software;
  std::string network;
  std::string launch;
  std::string collective;
  std::string algorithm;
  std::string version;
  int ranks = 0;
  int domains = 0;
};

struct ValidateCommand {
  std::vector<std::string> tables;  // files, folders or "-", which is standard input
  TableFlags flags;
  bool json = false;
  std::string report;  // a file of HTML to write; empty: none
};

struct CalibrateCommand {
  std::vector<std::string> tables;
  TableFlags flags;
  std::string software;  // the profile to fit
  std::string output;    // a file of YAML to write
};

// Flags as typed.
struct ValidationTexts {
  std::vector<std::string> tables;
  TableFlags flags;
  std::string ranks;
  std::string domains;
  std::string format = "table";
  std::string report;
  std::string output;
};

CLI::App* AddValidate(CLI::App& app, ValidationTexts& texts);
CLI::App* AddCalibrate(CLI::App& app, ValidationTexts& texts);

absl::StatusOr<ValidateCommand> ReadValidate(const ValidationTexts& texts);
absl::StatusOr<CalibrateCommand> ReadCalibrate(const ValidationTexts& texts);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_VALIDATION_OPTIONS_H_
