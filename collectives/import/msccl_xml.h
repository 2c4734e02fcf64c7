// Reads an algorithm from MSCCL XML, the format of MSCCL, RCCL and their synthesizers.
//
// Models:  every step type (s, r, rcs, rrc, rrs, rrcs, cpy, re, nop) as instructions of the program
//          form; a thread block is a stream. A step that receives and sends becomes two
//          instructions, the first with `forwards`. Messages are matched first in, first out for
//          each (sender, receiver, channel).
// Omits:   the wire protocol, slices and loops over them: one chunk moves at once.
// Errors:  kInvalidArgument, "LINE: what is wrong; what is allowed", for what no runtime could
//          load. What a runtime ignores, or is only strange, is a warning. Whether the program is
//          right is for the prover to say.

#ifndef UPFABRIC_COLLECTIVES_IMPORT_MSCCL_XML_H_
#define UPFABRIC_COLLECTIVES_IMPORT_MSCCL_XML_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm.h"
#include "collectives/import/chunk_program.h"

namespace upfabric::collectives {

struct ImportWarning {
  int line = 0;
  std::string message;
};

class ImportedAlgorithm : public Algorithm {
 public:
  virtual std::string_view protocol() const = 0;
  virtual int channels() const = 0;
  // Into which the whole buffer is cut.
  virtual int chunks() const = 0;
  // Steps of all ranks.
  virtual int64_t steps() const = 0;
  // Which uses of buffers the file says that it serves; at least one.
  virtual bool serves_in_place() const = 0;
  virtual bool serves_out_of_place() const = 0;
  virtual const std::vector<ImportWarning>& warnings() const = 0;
  // Requires: the instruction is one of a program of this algorithm.
  virtual ImportedPlace PlaceOf(int rank, int stream, int64_t index) const = 0;

  // The request with one element a chunk: what the prover takes.
  virtual CollectiveRequest SmallestRequest(bool in_place) const = 0;
};

absl::StatusOr<std::unique_ptr<ImportedAlgorithm>> ReadMscclXml(const std::string& text);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_IMPORT_MSCCL_XML_H_
