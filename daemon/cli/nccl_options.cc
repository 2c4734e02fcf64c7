#include "daemon/cli/nccl_options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/names.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

constexpr std::array<NcclProgram, 11> kPrograms = {{
    {"all_reduce_perf", v1::COLLECTIVE_ALL_REDUCE},
    {"all_gather_perf", v1::COLLECTIVE_ALL_GATHER},
    {"reduce_scatter_perf", v1::COLLECTIVE_REDUCE_SCATTER},
    {"alltoall_perf", v1::COLLECTIVE_ALL_TO_ALL},
    {"broadcast_perf", v1::COLLECTIVE_BROADCAST},
    {"sendrecv_perf", v1::COLLECTIVE_SENDRECV},
    {"alltoallv_perf", v1::COLLECTIVE_UNSPECIFIED},
    {"reduce_perf", v1::COLLECTIVE_REDUCE},
    {"gather_perf", v1::COLLECTIVE_GATHER},
    {"scatter_perf", v1::COLLECTIVE_SCATTER},
    {"hypercube_perf", v1::COLLECTIVE_UNSPECIFIED},
}};

// nccl-tests knows it and nothing emulates it yet: a sum after a factor of each rank's own.
constexpr absl::string_view kOpWithoutEmulation = "mulsum";

// Values of our own long options, beyond any letter.
enum OwnOption : int { kFabric = 256, kAlgorithm, kSeed, kSoftware, kPayload };

constexpr char kShortOptions[] =
    "+:t:g:b:e:i:f:n:m:w:N:p:c:o:d:r:z:y:T:G:C:S:J:a:R:x:D:V:M:u:I:K:h";

struct LongOption {
  const char* name;
  bool has_value;
  int letter;
  absl::string_view help;
};
constexpr std::array<LongOption, 38> kLongOptions = {{
    {"nthreads", true, 't', "threads of a process; ranks = processes x threads x devices"},
    {"ngpus", true, 'g', "devices of a thread"},
    {"minbytes", true, 'b', "first size (32M)"},
    {"maxbytes", true, 'e', "last size (32M)"},
    {"stepbytes", true, 'i', "additive step (1M)"},
    {"stepfactor", true, 'f', "multiplicative step; above 1 it wins over -i"},
    {"iters", true, 'n', "timed operations, queued back to back (20)"},
    {"agg_iters", true, 'm', "operations grouped in an iteration (1)"},
    {"warmup_iters", true, 'w', "untimed operations before them (1)"},
    {"run_cycles", true, 'N', "accepted: cycles repeat exactly"},
    {"parallel_init", true, 'p', "accepted, no meaning here"},
    {"check", true, 'c', "0: do not check results (1)"},
    {"op", true, 'o', "sum, prod, min, max, avg or all"},
    {"datatype", true, 'd', "a type, as float, half, bfloat16 or int32, or all"},
    {"root", true, 'r', "root rank; -1: every rank in turn (0)"},
    {"blocking", true, 'z', "1, 3: each operation starts on a quiet fabric; 0, 2: queued (0)"},
    {"stream_null", true, 'y', "accepted, no meaning here"},
    {"timeout", true, 'T', "accepted: a run without progress always ends"},
    {"cudagraph", true, 'G', "accepted, no meaning here"},
    {"report_cputime", true, 'C', "accepted: the time is virtual"},
    {"report_timestamps", true, 'S', "1: close each row with date and time"},
    {"output_file", true, 'J', "write a JSON report"},
    {"average", true, 'a', "accepted: one virtual time for all processes"},
    {"local_register", true, 'R', "accepted, no meaning here"},
    {"cta_policy", true, 'x', "accepted, no meaning here"},
    {"device_implementation", true, 'D', "accepted, no meaning here"},
    {"device_cta_count", true, 'V', "accepted, no meaning here"},
    {"memory", true, 'M', "accepted, no meaning here"},
    {"unalign", true, 'u', "accepted, no meaning here"},
    {"per_iter_timing", true, 'I', "accepted: single iterations are not reported"},
    {"per_iter_skip", true, 'K', "accepted: single iterations are not reported"},
    {"fabric", true, kFabric, "a preset or a file; else the environment's UPFABRIC_FABRIC"},
    {"algorithm", true, kAlgorithm, "auto or a name that `upfabric algorithms` lists"},
    {"algo", true, kAlgorithm, "the same"},
    {"seed", true, kSeed, "seed of payload values and spray starts (0)"},
    {"software", true, kSoftware, "software profile (ideal)"},
    {"payload", true, kPayload, "auto, full, sampled or none"},
    {"help", false, 'h', "this text"},
}};

// Flags that are read and checked as numbers and change nothing; a remark is due unless the value
// is the default.
struct IdleFlag {
  int letter;
  absl::string_view standard;
  absl::string_view reason;
};
constexpr std::array<IdleFlag, 13> kIdleFlags = {{
    {'N', "1", "cycles repeat exactly, so one is run"},
    {'p', "0", "emulated accelerators need no initialization"},
    {'y', "0", "there are no streams to replace"},
    {'T', "0", "a run without progress ends by itself, with an autopsy"},
    {'C', "0", "emulated accelerators have no CPU time; the time is virtual"},
    {'a', "1", "virtual time is the same in all processes"},
    {'R', "0", "buffers need no registration"},
    {'x', "", "there are no thread blocks to place"},
    {'D', "0", "there are no device kernels to choose from"},
    {'V', "", "there are no thread blocks to count"},
    {'M', "0", "memory of emulated accelerators is not reported"},
    {'I', "0", "single iterations are not reported"},
    {'K', "0", "single iterations are not reported"},
}};

std::string FlagText(int letter) {
  if (letter > 0 && letter < kFabric) {
    return absl::StrCat("-", std::string(1, static_cast<char>(letter)));
  }
  for (const LongOption& option : kLongOptions) {
    if (option.letter == letter) {
      return absl::StrCat("--", option.name);
    }
  }
  return "?";
}

absl::Status NotEmulated(absl::string_view flag, absl::string_view word,
                         absl::string_view allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " ", word, ": not emulated yet; allowed: ", allowed));
}

// Reads one flag after the other into the options.
class Reader {
 public:
  absl::Status Read(int letter, absl::string_view value) {
    const std::string flag = FlagText(letter);
    switch (letter) {
      case 'h':
        options_.help = true;
        return absl::OkStatus();
      case 'b':
        return Size(flag, value, options_.sizes.min);
      case 'e':
        return Size(flag, value, options_.sizes.max);
      case 'i':
        return Size(flag, value, options_.sizes.step);
      case 'o':
        return Op(value);
      case 'd':
        return Type(value);
      case 'J':
        return Text(value, options_.json_file);
      case kFabric:
        return Text(value, options_.fabric);
      case kAlgorithm:
        return Text(value, options_.algorithm);
      case kSoftware:
        return Text(value, options_.software);
      case kPayload:
        return Payload(flag, value);
      default:
        return Number(letter, flag, value);
    }
  }

  NcclOptions Take() { return std::move(options_); }

 private:
  static absl::Status Text(absl::string_view value, std::string& out) {
    out = std::string(value);
    return absl::OkStatus();
  }

  static absl::Status Size(absl::string_view flag, absl::string_view value, Bytes& out) {
    const absl::StatusOr<Bytes> size = ParseSize(value);
    if (!size.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", size.status().message()));
    }
    out = *size;
    return absl::OkStatus();
  }

  absl::Status Payload(absl::string_view flag, absl::string_view value) {
    const absl::StatusOr<v1::PayloadMode> mode = ParsePayloadMode(value);
    if (!mode.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", mode.status().message()));
    }
    options_.payload = *mode;
    return absl::OkStatus();
  }

  absl::Status Number(int letter, absl::string_view flag, absl::string_view value) {
    constexpr int64_t kMany = 1'000'000;  // chosen: above anything sensible
    const auto whole = [&](int64_t min, int64_t max, auto& out) -> absl::Status {
      const absl::StatusOr<int64_t> number = ParseWholeNumber(value, {.min = min, .max = max});
      if (!number.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(flag, ": ", number.status().message()));
      }
      out = static_cast<std::remove_reference_t<decltype(out)>>(*number);
      return absl::OkStatus();
    };
    switch (letter) {
      case 't':
        return whole(1, kMany, options_.threads);
      case 'g':
        return whole(1, kMany, options_.gpus);
      case 'f':
        return whole(0, kMany, options_.sizes.factor);
      case 'n':
        return whole(1, kMany, options_.iterations);
      case 'm':
        return whole(1, kMany, options_.aggregated);
      case 'w':
        return whole(0, kMany, options_.warmup);
      case 'c':
        return whole(0, kMany, options_.check);
      case 'r':
        return whole(-1, kMany, options_.root);
      case 'z':
        return whole(0, 3, options_.blocking);
      case 'S':
        return whole(0, 1, options_.timestamps);
      case 'G':
        UPF_RETURN_IF_ERROR(whole(0, kMany, options_.graph));
        return Idle(letter, flag, value, "0", "emulated accelerators launch nothing");
      case 'u':
        UPF_RETURN_IF_ERROR(whole(0, kMany, options_.unaligned));
        return Idle(letter, flag, value, "0", "the fabric does not see the alignment of buffers");
      case kSeed:
        return whole(0, std::numeric_limits<int64_t>::max(), options_.seed);
      default:
        break;
    }
    int64_t ignored = 0;
    UPF_RETURN_IF_ERROR(whole(-1, std::numeric_limits<int>::max(), ignored));
    for (const IdleFlag& idle : kIdleFlags) {
      if (idle.letter == letter) {
        return Idle(letter, flag, value, idle.standard, idle.reason);
      }
    }
    return absl::InternalError(absl::StrCat(flag, ": no entry in the table of flags"));
  }

  absl::Status Idle(int letter, absl::string_view flag, absl::string_view value,
                    absl::string_view standard, absl::string_view reason) {
    if (value != standard &&
        std::find(remarked_.begin(), remarked_.end(), letter) == remarked_.end()) {
      remarked_.push_back(letter);
      options_.remarks.push_back(absl::StrCat(flag, " ", value, " has no effect: ", reason));
    }
    return absl::OkStatus();
  }

  absl::Status Type(absl::string_view value) {
    if (value == "all") {
      options_.types = AllDataTypes();
      return absl::OkStatus();
    }
    const absl::StatusOr<v1::DataType> type = ParseDataType(value);
    if (!type.ok()) {
      options_.complaints.push_back(absl::StrCat("invalid type ", value, ", defaulting to float"));
    }
    options_.types = {type.value_or(v1::DATA_TYPE_FLOAT32)};
    return absl::OkStatus();
  }

  absl::Status Op(absl::string_view value) {
    if (value == "all") {
      options_.ops = AllReduceOps();
      options_.remarks.push_back("-o all sweeps the operations that are emulated");
      return absl::OkStatus();
    }
    if (value == kOpWithoutEmulation) {
      return NotEmulated("-o", value, "sum, prod, min, max, avg, all");
    }
    const absl::StatusOr<v1::ReduceOp> op = ParseReduceOp(value);
    if (!op.ok()) {
      options_.complaints.push_back(absl::StrCat("invalid op ", value, ", defaulting to sum"));
    }
    options_.ops = {op.value_or(v1::REDUCE_OP_SUM)};
    return absl::OkStatus();
  }

  NcclOptions options_;
  std::vector<int> remarked_;
};

std::vector<option> GetoptTable() {
  std::vector<option> table;
  for (const LongOption& entry : kLongOptions) {
    table.push_back(
        {entry.name, entry.has_value ? required_argument : no_argument, nullptr, entry.letter});
  }
  table.push_back({nullptr, 0, nullptr, 0});
  return table;
}

}  // namespace

std::optional<NcclProgram> NcclProgramNamed(absl::string_view name) {
  const auto* found = std::find_if(kPrograms.begin(), kPrograms.end(),
                                   [name](const NcclProgram& p) { return p.name == name; });
  return found == kPrograms.end() ? std::nullopt : std::optional<NcclProgram>(*found);
}

absl::StatusOr<NcclOptions> ParseNcclOptions(const std::vector<std::string>& arguments) {
  // getopt_long wants writable strings and a program's name before them.
  std::vector<std::string> owned = {"perf"};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : owned) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const int argc = static_cast<int>(owned.size());
  const std::vector<option> table = GetoptTable();

  Reader reader;
  optind = 0;  // starts getopt afresh, also after an earlier call
  opterr = 0;
  for (;;) {
    const int before = std::max(optind, 1);
    const int letter = getopt_long(argc, argv.data(), kShortOptions, table.data(), nullptr);
    if (letter == -1) {
      break;
    }
    const std::string& typed = owned[static_cast<size_t>(std::min(before, argc - 1))];
    if (letter == ':') {
      return absl::InvalidArgumentError(absl::StrCat(typed, ": its value is missing"));
    }
    if (letter == '?') {
      return absl::InvalidArgumentError(absl::StrCat(typed, ": no such flag; allowed: see -h"));
    }
    UPF_RETURN_IF_ERROR(reader.Read(letter, optarg == nullptr ? "" : optarg));
  }
  if (optind < argc) {
    return absl::InvalidArgumentError(absl::StrCat("\"", owned[static_cast<size_t>(optind)],
                                                   "\": not a flag; allowed: flags, see -h"));
  }
  return reader.Take();
}

std::string NcclHelp(absl::string_view program) {
  std::string text = absl::StrCat("USAGE: ", program, " FLAGS\n");
  for (const LongOption& entry : kLongOptions) {
    const std::string letter =
        entry.letter < kFabric
            ? absl::StrCat("-", std::string(1, static_cast<char>(entry.letter)), ",")
            : "   ";
    absl::StrAppend(&text, "  ", letter, "--", entry.name, entry.has_value ? " VALUE" : "", "  ",
                    entry.help, "\n");
  }
  return text;
}

}  // namespace upfabric::daemon::cli
