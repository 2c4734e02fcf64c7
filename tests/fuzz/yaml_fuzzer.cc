// YAML and JSON from anybody; a fabric that is read is checked.

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/config/source_lines.h"
#include "daemon/config/yaml_reader.h"
#include "fabric/config/from_proto.h"
#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/software.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {
namespace {

template <typename Message>
bool Reads(const std::string& text, Message& message) {
  SourceLines lines("input");
  return ReadYaml(text, message, lines).ok();
}

}  // namespace
}  // namespace upfabric::daemon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using upfabric::daemon::Reads;
  const std::string text(reinterpret_cast<const char*>(data), size);
  upfabric::v1::Fabric fabric;
  if (Reads(text, fabric)) {
    (void)upfabric::fabric::FabricSpecFromProto(fabric).status();
  }
  upfabric::v1::Workload workload;
  Reads(text, workload);
  upfabric::v1::SoftwareProfile profile;
  Reads(text, profile);
  return 0;
}
