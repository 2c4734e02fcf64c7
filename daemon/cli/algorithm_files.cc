#include "daemon/cli/algorithm_files.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "collectives/algorithm_registry.h"
#include "collectives/export/msccl_writer.h"
#include "collectives/import/msccl_xml.h"
#include "collectives/prove/prover.h"
#include "daemon/config/loader.h"
#include "daemon/exit_codes.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

using collectives::Finding;
using collectives::ImportedAlgorithm;
using collectives::Proof;

constexpr int kExportedRanksMax = 256;  // chosen: above what runtimes load
constexpr int kChunksOfRank = 8;        // of a collective's count: the most channels
// chosen: above any file that people write, small enough to read at once.
constexpr size_t kFileBytesMax = size_t{256} << 20;

absl::StatusOr<std::string> FileText(const std::string& path) {
  UPF_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kFileBytesMax));
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is empty; allowed: a file of MSCCL XML"));
  }
  return text;
}

std::string Counted(int64_t count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace

absl::Status LoadProgram(v1::Workload& workload) {
  if (absl::EndsWith(workload.algorithm(), ".xml")) {
    UPF_ASSIGN_OR_RETURN(*workload.mutable_program(), FileText(workload.algorithm()));
  }
  return absl::OkStatus();
}

absl::Status ExportAlgorithm(const ExportCommand& command, const Console& console) {
  collectives::AlgorithmRegistry registry;
  collectives::RegisterBuiltins(registry);
  UPF_ASSIGN_OR_RETURN(
      const CheckedWorkload checked,
      CheckWorkload(command.workload, {.id = "of an export", .endpoints = collectives::kRanksMax},
                    registry));
  collectives::CollectiveRequest request = checked.request;
  if (request.ranks > kExportedRanksMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("-g: ", request.ranks, " ranks, allowed is up to ", kExportedRanksMax));
  }
  UPF_ASSIGN_OR_RETURN(const collectives::Algorithm* const algorithm,
                       registry.Find(request.collective, checked.algorithm));
  // Whole chunks for each rank and channel.
  const int64_t parts = int64_t{request.ranks} * kChunksOfRank;
  request.count =
      CountOfSize(request.collective, request.type, request.ranks, checked.sizes.front());
  request.count = (std::max<int64_t>(request.count, 1) + parts - 1) / parts * parts;
  UPF_RETURN_IF_ERROR(CheckRequest(*algorithm, request));
  UPF_ASSIGN_OR_RETURN(const std::string text, collectives::WriteMscclXml(*algorithm, request));
  console.out << text;
  return absl::OkStatus();
}

absl::StatusOr<int> CheckFile(const CheckCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::string text, FileText(command.file));
  const absl::StatusOr<std::unique_ptr<ImportedAlgorithm>> read = collectives::ReadMscclXml(text);
  if (!read.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(command.file, ":", read.status().message()));
  }
  const std::unique_ptr<ImportedAlgorithm>& algorithm = *read;
  const int ranks = algorithm->info().limits.ranks_max;
  if (command.ranks.has_value() && *command.ranks != ranks) {
    return absl::InvalidArgumentError(
        absl::StrCat("-g: ", *command.ranks, " ranks, but ", command.file, " is for ", ranks));
  }
  console.out << command.file << ": \"" << std::string(algorithm->info().name) << "\", "
              << std::string(CollectiveName(algorithm->info().collective)) << ", "
              << Counted(ranks, "rank") << ", " << Counted(algorithm->chunks(), "chunk") << ", "
              << Counted(algorithm->channels(), "channel") << ", protocol "
              << std::string(algorithm->protocol()) << ", " << Counted(algorithm->steps(), "step")
              << '\n';
  for (const collectives::ImportWarning& warning : algorithm->warnings()) {
    console.err << "warning: " << command.file << ':' << warning.line << ": " << warning.message
                << '\n';
  }
  bool refused = false;
  for (const bool in_place : {false, true}) {
    if (in_place ? !algorithm->serves_in_place() : !algorithm->serves_out_of_place()) {
      continue;
    }
    const Proof proof = collectives::Prove(*algorithm, algorithm->SmallestRequest(in_place));
    const std::string where = in_place ? "in place: " : "out of place: ";
    if (!proof.findings.empty()) {
      refused = true;
      console.out << where << "refused\n";
      for (const Finding& finding : proof.findings) {
        console.err << FindingText(command.file, *algorithm, finding) << '\n';
      }
      continue;
    }
    for (const Finding& unused : proof.unused) {
      console.err << "warning: " << FindingText(command.file, *algorithm, unused) << '\n';
    }
    console.out << where << "proved; " << Counted(proof.slots, "slot")
                << " for each connection is enough\n";
    if (!proof.stuck_below.empty()) {
      console.out << "  with " << proof.slots - 1 << ": " << proof.stuck_below << '\n';
    }
  }
  return refused ? kExitWrong : kExitDone;
}

}  // namespace upfabric::daemon::cli
