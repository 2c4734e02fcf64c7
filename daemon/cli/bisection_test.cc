// Goal: the bisection is that of textbooks for shapes whose bisection is known.

#include "daemon/cli/bisection.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/config/loader.h"
#include "fabric/config/from_proto.h"
#include "tests/testing/fabric_specs.h"

namespace upfabric::daemon::cli {
namespace {

using fabric::ShapeSpec;

double GigabytesOf(const fabric::FabricSpec& spec) {
  return Bisection(spec, fabric::Layout::Create(spec, 1).value()).GigabytesPerSecond();
}

double GigabytesOf(int endpoints, const ShapeSpec& shape) {
  fabric::FabricSpec spec = fabric::testing::SmallFabric();  // links of 50 GB/s
  spec.endpoints = endpoints;
  spec.shape = shape;
  return GigabytesOf(spec);
}

TEST(BisectionTest, IsThatOfTheShape) {
  fabric::TorusSpec ring;
  ring.links = 4;
  ring.axes = {{.size = 8}};
  EXPECT_DOUBLE_EQ(GigabytesOf(8, ring), 2 * 50.0);
  fabric::TorusSpec mesh = ring;
  mesh.axes = {{.size = 4, .wraps = false}, {.size = 4, .wraps = false}};
  EXPECT_DOUBLE_EQ(GigabytesOf(16, mesh), 4 * 50.0);
  EXPECT_DOUBLE_EQ(GigabytesOf(8, fabric::FullMeshSpec{3}), 4 * 4 * 3 * 50.0);
  fabric::ClosSpec clos;
  clos.endpoints_per_leaf = 4;
  clos.spines = 2;  // half as many uplinks as endpoints
  EXPECT_DOUBLE_EQ(GigabytesOf(16, clos), 2 * 2 * 50.0);
  clos.uplinks = 2;
  EXPECT_DOUBLE_EQ(GigabytesOf(16, clos), 8 * 50.0);
}

TEST(BisectionTest, PlanesAreLimitedByTheEndpointsAlone) {
  const auto spec = fabric::FabricSpecFromProto(ResolveFabric("gb200-nvl72").value()).value();
  EXPECT_DOUBLE_EQ(GigabytesOf(spec), 36 * 900.0);
}

}  // namespace
}  // namespace upfabric::daemon::cli
