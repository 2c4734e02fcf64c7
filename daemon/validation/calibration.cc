#include "daemon/validation/calibration.h"

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "collectives/software/constants.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// Chosen: residuals beyond a tenth count linearly; a constant that is e times its starting value
// counts as a residual of 0.02; so many evaluations leave less than 0.1 % to gain.
constexpr double kRobust = 0.1;
constexpr double kPull = 0.02;
constexpr int kEvaluations = 30'000;
constexpr double kTolerance = 1e-7;

// One constant of the profile under fit.
struct Knob {
  double* value = nullptr;
  double min = 0;
  double max = 0;
  double start = 0;
};

template <typename Owner>
std::vector<Knob> KnobsOf(Owner& owner, std::span<const collectives::ConstantInfo<Owner>> infos) {
  std::vector<Knob> knobs;
  for (const auto& info : infos) {
    knobs.push_back({&(owner.*info.member), info.min, info.max, info.start});
  }
  return knobs;
}

// A row with everything but the constants, which the parts point to.
struct FitRow {
  const PreparedUse* use = nullptr;
  int64_t bytes = 0;
  double measured_us = 0;
};

double LogRatio(const FitRow& row) {
  const double modelled =
      Predict(row.use->software.parts, row.use->prepared, row.bytes).microseconds;
  return std::log(modelled / row.measured_us);
}

double RobustLoss(double residual) {
  const double z = residual / kRobust;
  return 2 * (std::sqrt(1 + z * z) - 1);
}

struct FitProblem {
  const std::vector<Knob>& knobs;
  const std::vector<FitRow>& rows;
};

// As NLopt calls it; `data` is a FitProblem. No gradient is asked for.
double Loss(const std::vector<double>& at, std::vector<double>& /*gradient*/, void* data) {
  const auto& problem = *static_cast<const FitProblem*>(data);
  double sum = 0;
  for (size_t k = 0; k < problem.knobs.size(); ++k) {
    const Knob& knob = problem.knobs[k];
    *knob.value = std::exp(at[k]);
    const double away = kPull / kRobust * (at[k] - std::log(knob.start));
    sum += away * away;
  }
  for (const FitRow& row : problem.rows) {
    sum += RobustLoss(LogRatio(row));
  }
  return sum;
}

// Sets the knobs to where the loss over the rows is least.
void Fit(const std::vector<Knob>& knobs, const std::vector<FitRow>& rows) {
  std::vector<double> x;
  std::vector<double> lower;
  std::vector<double> upper;
  for (const Knob& knob : knobs) {
    x.push_back(std::log(knob.start));
    lower.push_back(std::log(knob.min));
    upper.push_back(std::log(knob.max));
  }
  if (!rows.empty()) {
    FitProblem problem = {knobs, rows};
    nlopt::opt optimizer(nlopt::LN_SBPLX, static_cast<unsigned>(x.size()));
    optimizer.set_min_objective(&Loss, &problem);
    optimizer.set_lower_bounds(lower);
    optimizer.set_upper_bounds(upper);
    optimizer.set_initial_step(0.3);
    optimizer.set_maxeval(kEvaluations);
    optimizer.set_ftol_rel(kTolerance);
    double least = 0;
    optimizer.optimize(x, least);
  }
  for (size_t k = 0; k < knobs.size(); ++k) {
    *knobs[k].value = std::exp(x[k]);
  }
}

// Tables of one generation, network or named kernel, and the constants that they decide.
enum class PartKind { kGeneration, kNetwork, kKernel };
struct Part {
  std::string name;
  PartKind kind = PartKind::kGeneration;
  std::vector<Knob> knobs;
  std::vector<size_t> tables;
};

class Calibrator {
 public:
  Calibrator(Software& software, const std::vector<UsedTable>& tables)
      : software_(software), tables_(tables) {}

  // The parts point into the software from now on.
  absl::Status Prepare() {
    Models models;
    collectives::SoftwareProfile& profile = software_.profile;
    for (collectives::SoftwareGeneration& generation : profile.generations) {
      Part part;
      part.name = generation.name;
      part.knobs = generation.own.has_value()
                       ? KnobsOf(*generation.own, collectives::OwnKernelInfos())
                       : KnobsOf(generation.constants, collectives::LibraryConstantInfos());
      parts_.push_back(std::move(part));
    }
    for (collectives::SoftwareNetwork& network : profile.networks) {
      parts_.push_back({.name = network.name,
                        .kind = PartKind::kNetwork,
                        .knobs = KnobsOf(network, collectives::NetworkInfos()),
                        .tables = {}});
    }
    for (collectives::NamedKernel& kernel : profile.kernels) {
      Part part = {.name = kernel.algorithm, .kind = PartKind::kKernel, .knobs = {}, .tables = {}};
      for (const Knob& knob : KnobsOf(kernel, collectives::NamedKernelInfos())) {
        // It has a rate or a share; neither of both is varied.
        if (*knob.value != 0 ||
            (knob.value != &kernel.gigabytes_per_second && knob.value != &kernel.share)) {
          part.knobs.push_back(knob);
        }
      }
      parts_.push_back(std::move(part));
    }
    uses_.resize(tables_.size());
    rows_.resize(tables_.size());
    for (size_t t = 0; t < tables_.size(); ++t) {
      UPF_RETURN_IF_ERROR(PrepareTable(t, models));
    }
    return absl::OkStatus();
  }

  // Without any table a part stays as it is.
  void FitPart(const Part& part, const std::string& without) {
    if (part.tables.empty()) {
      return;
    }
    std::vector<FitRow> rows;
    for (const size_t t : part.tables) {
      if (SourceOf(tables_[t].use) != without) {
        rows.insert(rows.end(), rows_[t].begin(), rows_[t].end());
      }
    }
    Fit(part.knobs, rows);
  }

  ErrorSum Errors(const Part& part, const std::string& only) const {
    ErrorSum sum;
    for (const size_t t : part.tables) {
      if (!only.empty() && SourceOf(tables_[t].use) != only) {
        continue;
      }
      for (const FitRow& row : rows_[t]) {
        sum.Add(row.bytes, LogRatio(row));
      }
    }
    return sum;
  }

  std::set<std::string> Sources(const Part& part) const {
    std::set<std::string> sources;
    for (const size_t t : part.tables) {
      sources.insert(SourceOf(tables_[t].use));
    }
    return sources;
  }

  const std::vector<Part>& parts() const { return parts_; }

 private:
  absl::Status PrepareTable(size_t t, Models& models) {
    const UsedTable& used = tables_[t];
    // A prepared use points into the software that is being fitted, not into a copy.
    UPF_ASSIGN_OR_RETURN(uses_[t], models.Prepare(used.use));
    UPF_ASSIGN_OR_RETURN(uses_[t].software,
                         SelectParts(software_, used.use.fabric, uses_[t].prepared));
    for (const MeasuredRow& row : used.table.rows) {
      const std::optional<double> time = TimeOf(row, used.use.collective, used.use.ranks);
      if (time.has_value() && row.bytes > 0) {
        rows_[t].push_back({&uses_[t], row.bytes, *time});
      }
    }
    const collectives::SoftwareParts& parts = uses_[t].software.parts;
    for (Part& part : parts_) {
      bool serves = false;
      switch (part.kind) {
        case PartKind::kNetwork:
          serves = parts.network != nullptr && parts.network->name == part.name;
          break;
        case PartKind::kKernel:
          serves = parts.kernel != nullptr && parts.kernel->algorithm == part.name;
          break;
        case PartKind::kGeneration:
          serves = parts.kernel == nullptr && used.use.domains == 1 &&
                   GenerationNames(part.name, used.use.fabric);
          break;
      }
      if (serves) {
        part.tables.push_back(t);
      }
    }
    return absl::OkStatus();
  }

  bool GenerationNames(const std::string& name, const std::string& fabric) const {
    const auto* generation = collectives::FindGeneration(software_.profile, fabric);
    return generation != nullptr && generation->name == name;
  }

  Software& software_;
  const std::vector<UsedTable>& tables_;
  std::vector<PreparedUse> uses_;
  std::vector<std::vector<FitRow>> rows_;
  std::vector<Part> parts_;
};

void SetError(const FittedPart& part, v1::FitError& error) {
  error.set_rows(part.errors.rows);
  error.set_percent(part.errors.all);
  error.set_held_out_percent(part.held_out_errors.all);
}

void WriteProvenance(const std::vector<UsedTable>& tables, FittedProfile& fitted) {
  v1::Calibration& calibration = *fitted.profile.mutable_calibration();
  calibration.clear_tables();
  for (const UsedTable& used : tables) {
    calibration.add_tables(used.use.file);
  }
  for (const FittedPart& part : fitted.parts) {
    for (v1::SoftwareGeneration& generation : *fitted.profile.mutable_generations()) {
      if (generation.name() == part.name) {
        SetError(part, *generation.mutable_error());
      }
    }
    for (v1::NamedKernel& kernel : *fitted.profile.mutable_kernels()) {
      if (kernel.algorithm() == part.name) {
        SetError(part, *kernel.mutable_error());
      }
    }
  }
}

}  // namespace

std::string SourceOf(const TableUse& use) {
  return absl::EndsWith(use.file, "-aic.csv") ? "aic" : use.file;
}

absl::StatusOr<FittedProfile> Calibrate(const std::string& name,
                                        const std::vector<UsedTable>& tables,
                                        const std::function<void(const std::string&)>& progress) {
  FittedProfile fitted;
  UPF_ASSIGN_OR_RETURN(fitted.profile, ResolveSoftware(name));
  UPF_ASSIGN_OR_RETURN(Software software, LoadSoftware(name));
  std::vector<UsedTable> own;
  for (const UsedTable& table : tables) {
    if (table.use.software == fitted.profile.id()) {
      own.push_back(table);
    }
  }
  if (own.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no table is of software ", fitted.profile.id(),
                                                   "; allowed are tables of the profile"));
  }
  Calibrator calibrator(software, own);
  UPF_RETURN_IF_ERROR(calibrator.Prepare());
  std::vector<ErrorSum> held_out_sums;
  for (const Part& part : calibrator.parts()) {
    const std::set<std::string> sources = calibrator.Sources(part);
    ErrorSum held_out;
    for (const std::string& source : sources) {
      progress(absl::StrCat(part.name, " without ", source));
      calibrator.FitPart(part, source);
      const ErrorSum errors = calibrator.Errors(part, source);
      fitted.held_out.push_back({part.name, source, errors.Summary()});
      held_out.Add(errors);
    }
    progress(part.name);
    calibrator.FitPart(part, "");
    if (!part.tables.empty()) {
      fitted.parts.push_back({.name = part.name,
                              .errors = calibrator.Errors(part, "").Summary(),
                              .held_out_errors = held_out.Summary()});
    }
  }
  UpdateProto(software.profile, fitted.profile);
  WriteProvenance(own, fitted);
  return fitted;
}

}  // namespace upfabric::daemon
