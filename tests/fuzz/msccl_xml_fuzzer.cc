// MSCCL XML from anybody: what is read can be proved or refused.

#include <cstddef>
#include <cstdint>
#include <string>

#include "collectives/import/msccl_xml.h"
#include "collectives/prove/prover.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using upfabric::collectives::Prove;
  const auto algorithm =
      upfabric::collectives::ReadMscclXml(std::string(reinterpret_cast<const char*>(data), size));
  if (algorithm.ok()) {
    Prove(**algorithm, (*algorithm)->SmallestRequest(/*in_place=*/true));
  }
  return 0;
}
