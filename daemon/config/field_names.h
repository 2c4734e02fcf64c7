// Names of fields, for paths and messages.

#ifndef UPFABRIC_DAEMON_CONFIG_FIELD_NAMES_H_
#define UPFABRIC_DAEMON_CONFIG_FIELD_NAMES_H_

#include <google/protobuf/descriptor.h>

#include <string>

namespace upfabric::daemon {

// "a.b" of "a" and "b"; "b" of "" and "b".
std::string ChildPath(const std::string& path, const std::string& name);

// All fields of a message, in the order of the schema: "lanes, lane_rate, coding".
std::string FieldNames(const google::protobuf::Descriptor& type);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_FIELD_NAMES_H_
