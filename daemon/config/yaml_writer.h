// A message of the configuration as YAML that yaml_reader.h reads back, with the schema's names.
//
// Omits: fields that are not set, comments, maps and bytes, which the configuration does not have.

#ifndef UPFABRIC_DAEMON_CONFIG_YAML_WRITER_H_
#define UPFABRIC_DAEMON_CONFIG_YAML_WRITER_H_

#include <google/protobuf/message.h>

#include <string>

namespace upfabric::daemon {

std::string WriteYaml(const google::protobuf::Message& message);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_YAML_WRITER_H_
