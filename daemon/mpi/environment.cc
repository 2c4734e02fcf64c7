#include "daemon/mpi/environment.h"

#include <mpi.h>

#include <array>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {

bool RunningUnderMpirun() {
  // Open MPI and whatever speaks PMIx; MPICH and Slurm's older interface.
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr ||
         std::getenv("PMI_RANK") != nullptr;
}

absl::Status MpiStatus(int code, const char* call) {
  if (code == MPI_SUCCESS) {
    return absl::OkStatus();
  }
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  return absl::UnavailableError(
      absl::StrCat(call, ": ", absl::string_view(text.data(), static_cast<size_t>(length))));
}

absl::StatusOr<std::unique_ptr<MpiEnvironment>> MpiEnvironment::Init() {
  // Other processes of the job may share our cores: a wait inside MPI must let them run.
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  int provided = MPI_THREAD_SINGLE;
  UPF_RETURN_IF_ERROR(MpiStatus(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided),
                                "MPI_Init_thread"));
  std::unique_ptr<MpiEnvironment> environment(new MpiEnvironment());
  if (provided < MPI_THREAD_FUNNELED) {
    return absl::FailedPreconditionError("MPI: this installation allows no threads beside it");
  }
  UPF_RETURN_IF_ERROR(MpiStatus(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
                                "MPI_Comm_set_errhandler"));
  UPF_RETURN_IF_ERROR(
      MpiStatus(MPI_Comm_rank(MPI_COMM_WORLD, &environment->index_), "MPI_Comm_rank"));
  UPF_RETURN_IF_ERROR(
      MpiStatus(MPI_Comm_size(MPI_COMM_WORLD, &environment->size_), "MPI_Comm_size"));
  return environment;
}

MpiEnvironment::~MpiEnvironment() {
  if (!abandoned_) {
    MPI_Finalize();
  }
}

}  // namespace upfabric::daemon
