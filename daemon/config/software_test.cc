#include "daemon/config/software.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "collectives/profiles/profiles.h"
#include "daemon/config/source_lines.h"
#include "daemon/config/yaml_reader.h"
#include "daemon/config/yaml_writer.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

TEST(SoftwareTest, EveryProfileLoads) {
  for (const std::string& id : SoftwareIds()) {
    const absl::StatusOr<Software> software = LoadSoftware(id);
    ASSERT_TRUE(software.ok()) << software.status();
    EXPECT_EQ(software->profile.id, id);
  }
}

TEST(SoftwareTest, AnUnknownProfileIsRefusedWithTheKnownOnes) {
  const absl::Status status = LoadSoftware("nosuch").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ideal, kernel, nccl, rccl, trtllm, vllm"));
}

TEST(SoftwareTest, WritingAndReadingIsTheIdentity) {
  for (const std::string& id : SoftwareIds()) {
    const absl::StatusOr<v1::SoftwareProfile> profile = ResolveSoftware(id);
    ASSERT_TRUE(profile.ok()) << profile.status();
    const std::string text = WriteYaml(*profile);
    v1::SoftwareProfile again;
    SourceLines lines("again");
    ASSERT_TRUE(ReadYaml(text, again, lines).ok()) << text;
    EXPECT_EQ(WriteYaml(again), text);
  }
}

TEST(SoftwareTest, AcceleratorsOfNoProfileAreTransferred) {
  const absl::StatusOr<Software> nccl = LoadSoftware("nccl");
  ASSERT_TRUE(nccl.ok());
  collectives::SoftwareCase use;
  use.ranks = 8;
  use.facts.rate = 800;
  const absl::StatusOr<SelectedSoftware> selected = SelectParts(*nccl, "ualink-pod-8", use);
  ASSERT_TRUE(selected.ok());
  EXPECT_TRUE(selected->transferred);
  EXPECT_EQ(selected->parts.library->name, "blackwell");  // 800 is nearest to its rate
  EXPECT_FALSE(SelectParts(*nccl, "hgx-h100", use)->transferred);
}

TEST(SoftwareTest, WhatAProfileLacksIsNamed) {
  const absl::StatusOr<Software> nccl = LoadSoftware("nccl");
  ASSERT_TRUE(nccl.ok());
  collectives::SoftwareCase use;
  use.ranks = 16;
  use.domains = 2;
  use.facts.rate = 450;
  use.network = "carrier-pigeon";
  EXPECT_THAT(std::string(SelectParts(*nccl, "hgx-h100", use).status().message()),
              HasSubstr("no network \"carrier-pigeon\"; there are: "));
  use.domains = 1;
  use.algorithm = "nosuch";
  EXPECT_THAT(std::string(SelectParts(*nccl, "hgx-h100", use).status().message()),
              HasSubstr("no algorithm \"nosuch\"; there are: auto, ring, tree, nvls, symmetric"));
}

}  // namespace
}  // namespace upfabric::daemon
