// Fabrics, workloads, faults and scenarios from files, and fabrics from presets.
//
// Formats: by extension: .yaml, .yml and .json through yaml_reader.h; .txtpb, .textproto and .pbtxt
//          through textproto_reader.h. A file has at most 4 MiB.
// Errors:  one line each. kInvalidArgument "FILE:LINE: field.path: what is wrong; what is allowed";
//          kNotFound for a file or a preset that does not exist.
// Threads: none; the functions share no state.

#ifndef UPFABRIC_DAEMON_CONFIG_LOADER_H_
#define UPFABRIC_DAEMON_CONFIG_LOADER_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/statusor.h"
#include "daemon/config/source_lines.h"
#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/faults.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// The bytes of a file of at most `bytes_max`. Errors: kNotFound, kInvalidArgument, naming the file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);

// Whether a name means a file rather than something built in: it has a '/' or a known extension.
bool NamesFile(const std::string& id_or_path);

// Fills an empty message, and the lines of its fields, as the file says it, unchecked.
absl::Status ReadMessageFile(const std::string& path, google::protobuf::Message& message,
                             SourceLines& lines);

// A fabric that fabric/config accepts.
absl::StatusOr<v1::Fabric> LoadFabricFile(const std::string& path);

// A preset of that id, or the file: what has a '/' or a known extension is a file. The fabric is
// one that fabric/config accepts. An unknown id is an error that names the known ones.
absl::StatusOr<v1::Fabric> ResolveFabric(const std::string& id_or_path);

// A workload as the file says it; workload_from_proto.h checks it against a fabric.
absl::StatusOr<v1::Workload> LoadWorkloadFile(const std::string& path);

// A schedule that fabric/config accepts; whether a fabric has what it names is for the run to say.
absl::StatusOr<v1::FaultSchedule> LoadFaultsFile(const std::string& path);
// The same for faults that are injected: what has no time has the time "", which means now, and
// none may name a row.
absl::StatusOr<v1::FaultSchedule> LoadInjectionFile(const std::string& path);

// A scenario; its fabric, if it has one, is complete and one that fabric/config accepts. The
// workload is as the file says it.
absl::StatusOr<v1::Scenario> LoadScenarioFile(const std::string& path);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_LOADER_H_
