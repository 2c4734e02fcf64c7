// Trees: one chip at the top. Ports of a chip: its children's links, then those to its parent.

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/topo/shapes.h"

namespace upfabric::fabric {
namespace {

// Up until the destination is below, then down; there is one way, but for links in parallel.
class TreeRouter final : public Router {
 public:
  explicit TreeRouter(const TreeSpec& shape) : shape_(shape) {
    for (size_t i = shape.levels.size(); i-- > 0;) {
      below_.insert(below_.begin(), shape.levels[i].fan_out * (below_.empty() ? 1 : below_[0]));
    }
    int chips = 1;
    for (const TreeSpec::Level& level : shape.levels) {
      first_.push_back(chips_);
      chips_ += chips;
      chips *= level.fan_out;
    }
  }

  int endpoints() const { return below_.front(); }
  // Of a level, chips are numbered from first(level) on.
  int first(size_t level) const { return first_[level]; }
  int ChipsOf(size_t level) const {
    return (level + 1 < first_.size() ? first_[level + 1] : chips_) - first_[level];
  }
  int UpPort(size_t level) const {
    return shape_.levels[level].fan_out * shape_.levels[level].links;
  }

  void Route(int chip, int /*input*/, sim::Record& packet, Hops& hops) const override {
    size_t level = first_.size() - 1;
    while (first_[level] > chip) {
      --level;
    }
    const TreeSpec::Level& own = shape_.levels[level];
    const bool below = packet.destination / below_[level] == chip - first_[level];
    const int child = packet.destination % below_[level] / (below_[level] / own.fan_out);
    const bool leaf = level + 1 == shape_.levels.size();
    const int first =
        below ? child * own.links + (leaf ? packet.link % own.links : 0) : UpPort(level);
    const int ways = below ? (leaf ? 1 : own.links) : shape_.levels[level - 1].links;
    for (int way = 0; way < ways; ++way) {
      hops.push_back({first + way, packet.virtual_channel()});
    }
  }

 private:
  TreeSpec shape_;
  std::vector<int> below_;  // by level: endpoints below a chip
  std::vector<int> first_;  // by level: its first chip
  int chips_ = 0;
};

}  // namespace

absl::Status BuildTree(const TreeSpec& shape, Layout& layout) {
  const auto router = std::make_shared<TreeRouter>(shape);
  if (router->endpoints() != layout.endpoints()) {
    return absl::InvalidArgumentError(absl::StrCat("topology.tree: the levels make ",
                                                   router->endpoints(), " endpoints; it says ",
                                                   layout.endpoints()));
  }
  int64_t trunks = 0;
  for (size_t i = 0; i + 1 < shape.levels.size(); ++i) {
    trunks += int64_t{router->ChipsOf(i + 1)} * shape.levels[i].links;
  }
  UPF_RETURN_IF_ERROR(layout.CheckSize(shape.levels.back().links, trunks));
  layout.AddPlane(shape.levels.back().links);
  for (size_t i = 0; i < shape.levels.size(); ++i) {
    const int up = i == 0 ? 0 : shape.levels[i - 1].links;
    for (int c = 0; c < router->ChipsOf(i); ++c) {
      layout.AddChip(shape.levels[i].switch_kind, absl::StrCat("level", i, ".", c),
                     router->UpPort(i) + up);
    }
  }
  const size_t last = shape.levels.size() - 1;
  for (int e = 0; e < layout.endpoints(); ++e) {
    for (int l = 0; l < shape.levels[last].links; ++l) {
      const int place = e % shape.levels[last].fan_out;
      layout.Attach(e, l,
                    {router->first(last) + e / shape.levels[last].fan_out,
                     place * shape.levels[last].links + l});
    }
  }
  for (size_t i = 0; i < last; ++i) {
    const TreeSpec::Level& level = shape.levels[i];
    for (int child = 0; child < router->ChipsOf(i + 1); ++child) {
      for (int l = 0; l < level.links; ++l) {
        layout.AddTrunk(
            {{router->first(i) + child / level.fan_out, child % level.fan_out * level.links + l},
             {router->first(i + 1) + child, router->UpPort(i + 1) + l},
             level.link_kind});
      }
    }
  }
  layout.SetRouter(router, 1);
  return absl::OkStatus();
}

}  // namespace upfabric::fabric
