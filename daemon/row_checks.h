// What is checked after every row, and the bound that it rests on.
//
// Errors: a row that breaks one ends the process with 70, and the values.

#ifndef UPFABRIC_DAEMON_ROW_CHECKS_H_
#define UPFABRIC_DAEMON_ROW_CHECKS_H_

#include <cstdint>
#include <optional>

#include "collectives/job.h"
#include "collectives/lower_bound.h"
#include "daemon/row_plan.h"
#include "fabric/api/fabric.h"
#include "fabric/api/fabric_view.h"

namespace upfabric::daemon {

// No channel carried more in the row than its lanes can in that time. Returns how many there are.
int64_t CheckRates(const fabric::Fabric& fabric);

// With pods, as if all links were as fast as the fastest.
collectives::BoundFigures FiguresOfBound(const fabric::FabricSpec& spec,
                                         const fabric::FabricView& view);

// None if that takes too long to find.
std::optional<collectives::LowerBound> BoundOf(const RowPlan& plan,
                                               const collectives::BoundFigures& figures,
                                               int operations);

// No rank finished before it possibly could. Returns how many ranks were checked.
int64_t CheckLowerBound(const RowPlan& plan, const collectives::BoundFigures& figures,
                        const collectives::Job& job);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_ROW_CHECKS_H_
