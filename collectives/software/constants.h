// The fitted numbers of a software profile by name, with bounds and starting values.
//
// What calibration varies, and what a profile's file may hold. Everything here is positive.

#ifndef UPFABRIC_COLLECTIVES_SOFTWARE_CONSTANTS_H_
#define UPFABRIC_COLLECTIVES_SOFTWARE_CONSTANTS_H_

#include <span>
#include <string_view>

#include "collectives/software/profile.h"

namespace upfabric::collectives {

template <typename Owner>
struct ConstantInfo {
  std::string_view name;  // of the field in software.proto
  double Owner::*member = nullptr;
  double min = 0;
  double max = 0;
  double start = 0;  // where a fit begins, and to where it is drawn
};

std::span<const ConstantInfo<LibraryConstants>> LibraryConstantInfos();
std::span<const ConstantInfo<OwnKernels>> OwnKernelInfos();
std::span<const ConstantInfo<SoftwareNetwork>> NetworkInfos();
// Of the last two a kernel has one.
std::span<const ConstantInfo<NamedKernel>> NamedKernelInfos();

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SOFTWARE_CONSTANTS_H_
