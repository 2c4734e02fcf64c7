#include "daemon/validation/validation.h"

#include <gmock/gmock.h>

#include <cmath>

namespace upfabric::daemon {
namespace {

TableUse UseOf(const char* fabric, const char* software) {
  return {.file = "t.csv",
          .fabric = fabric,
          .collective = "all_reduce",
          .ranks = 8,
          .scope = "domain",
          .network = {},
          .software = software,
          .version = {},
          .launch = "threads",
          .algorithm = {}};
}

TEST(ErrorSumTest, IsTheGeometricMeanEitherWay) {
  ErrorSum sum;
  sum.Add(1024, std::log(2.0));
  sum.Add(1 << 20, std::log(0.5));
  sum.Add(1 << 21, 0);
  const ErrorSummary errors = sum.Summary();
  EXPECT_EQ(errors.rows, 3);
  EXPECT_EQ(errors.rows_small, 1);
  EXPECT_NEAR(errors.small, 100, 1e-9);
  EXPECT_NEAR(errors.large, 100 * (std::sqrt(2.0) - 1), 1e-9);
  EXPECT_NEAR(errors.all, 100 * (std::cbrt(4.0) - 1), 1e-9);
}

TEST(AdaptersTest, TheNetworksNameSaysHowMany) {
  collectives::SoftwareProfile profile;
  profile.adapters = {{.fabric = "hgx-b300", .gigabits = 800}};
  TableUse use = UseOf("hgx-h100", "nccl");
  use.ranks = 16;
  use.domains = 2;
  use.network = "ib-ndr-8x400-sharp";
  collectives::Adapters adapters = AdaptersOf(profile, use, 8);
  EXPECT_DOUBLE_EQ(adapters.count, 8);
  EXPECT_DOUBLE_EQ(adapters.rate, 400);
  EXPECT_TRUE(adapters.reduces_in_net);
  // Half of the accelerators have half of the adapters.
  use.ranks = 8;
  EXPECT_DOUBLE_EQ(AdaptersOf(profile, use, 8).rate, 200);
  // Where the name does not say, each has one.
  use.fabric = "hgx-b300";
  use.network = "roce";
  EXPECT_DOUBLE_EQ(AdaptersOf(profile, use, 8).rate, 400);
}

TEST(ModelsTest, AKnownUseIsNotTransferred) {
  Models models;
  const auto prepared = models.Prepare(UseOf("hgx-h100", "nccl"));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_FALSE(prepared->software.transferred);
  EXPECT_DOUBLE_EQ(prepared->prepared.facts.rate, 450);
  EXPECT_TRUE(prepared->prepared.facts.in_switch);
}

TEST(ModelsTest, WhatNoProfileKnowsIsTransferred) {
  Models models;
  TableUse network = UseOf("hgx-h100", "nccl");
  network.ranks = 16;
  network.domains = 2;
  network.network = "carrier-pigeon-8x400";
  TableUse algorithm = UseOf("hgx-h100", "nccl");
  algorithm.algorithm = "collnet";
  TableUse kernel = UseOf("gb200-nvl72", "kernel");
  kernel.algorithm = "multimem-threeshot";
  TableUse framework = UseOf("mi300x-oam8", "sglang");
  TableUse fabric = UseOf("ualink-pod-8", "nccl");
  for (const TableUse& use : {network, algorithm, kernel, framework, fabric}) {
    const auto prepared = models.Prepare(use);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    EXPECT_TRUE(prepared->software.transferred) << use.fabric << " " << use.software;
    EXPECT_GT(Predict(prepared->software.parts, prepared->prepared, 1 << 20).microseconds, 0);
  }
}

TEST(ModelsTest, WhatCannotBeIsRefused) {
  Models models;
  EXPECT_FALSE(models.Prepare(UseOf("nosuch", "nccl")).ok());
  EXPECT_FALSE(models.Prepare(UseOf("hgx-h100", "./nosuch.yaml")).ok());
  TableUse many = UseOf("hgx-h100", "nccl");
  many.ranks = 9;
  EXPECT_FALSE(models.Prepare(many).ok());
  TableUse what = UseOf("hgx-h100", "nccl");
  what.collective = "all_talk";
  EXPECT_THAT(std::string(models.Prepare(what).status().message()),
              ::testing::HasSubstr("collective \"all_talk\" is unknown; allowed are all_reduce"));
}

}  // namespace
}  // namespace upfabric::daemon
