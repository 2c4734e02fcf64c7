// Propagation of absl::Status, which the packaged Abseil lacks.

#ifndef UPFABRIC_FABRIC_BASE_STATUS_H_
#define UPFABRIC_FABRIC_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define UPF_RETURN_IF_ERROR(expression)                             \
  do {                                                              \
    if (absl::Status upf_status = (expression); !upf_status.ok()) { \
      return upf_status;                                            \
    }                                                               \
  } while (false)

#define UPF_STATUS_CONCAT_INNER(a, b) a##b
#define UPF_STATUS_CONCAT(a, b) UPF_STATUS_CONCAT_INNER(a, b)

// UPF_ASSIGN_OR_RETURN(T value, StatusOr expression)
#define UPF_ASSIGN_OR_RETURN(declaration, expression) \
  UPF_ASSIGN_OR_RETURN_INNER(UPF_STATUS_CONCAT(upf_status_or_, __LINE__), declaration, expression)
// A declaration cannot stand in parentheses, nor can a name that is declared.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define UPF_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                       \
  if (!temporary.ok()) {                                               \
    return temporary.status();                                         \
  }                                                                    \
  declaration = std::move(temporary).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // UPFABRIC_FABRIC_BASE_STATUS_H_
