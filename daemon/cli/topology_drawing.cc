#include "daemon/cli/topology_drawing.h"

#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "daemon/cli/shape_text.h"

namespace upfabric::daemon::cli {
namespace {

using fabric::Layout;

constexpr int kLevelMax = 8;       // switches of a level that are all drawn
constexpr int kLevelFirst = 3;     // of more, these and the last one
constexpr int kRoutersMax = 64;    // of a torus or dragonfly that are all drawn
constexpr int kGroupsMax = 32;     // routers of two groups of a larger dragonfly
constexpr int kCornerMax = 4;      // along an axis of a larger torus
constexpr int kLayersMax = 2;      // along the third axis
constexpr int kEndpointsMax = 16;  // of a full mesh
constexpr const char* kColors[] = {"#dbe9f6", "#e3f1db", "#fbe6cf", "#eadcf4"};

std::string Rate(const fabric::LinkSpec& link) {
  return absl::StrFormat("%.4g GB/s", link.data_rate().GigabytesPerSecond());
}

// "gpu0-7", "gpu0, 8 ... 248 (32)".
std::string EndpointsText(const std::vector<int>& endpoints) {
  const auto count = static_cast<int>(endpoints.size());
  if (count == 1) {
    return absl::StrCat("gpu", endpoints[0]);
  }
  if (endpoints.back() - endpoints.front() + 1 == count) {
    return absl::StrCat("gpu", endpoints.front(), "-", endpoints.back());
  }
  return absl::StrCat("gpu", endpoints[0], ", ", endpoints[1], " ... ", endpoints.back(), "\\n(",
                      count, ")");
}

// The level of a chip: its name without numbers, "leaf", "spine", "router", "sw".
std::string LevelOf(const Layout::Chip& chip) {
  std::string level = chip.name.substr(chip.name.rfind('p', 0) == 0 ? chip.name.find('.') + 1 : 0);
  while (!level.empty() && (absl::ascii_isdigit(static_cast<unsigned char>(level.back())) != 0 ||
                            level.back() == '.')) {
    level.pop_back();
  }
  return level;
}

class Drawing {
 public:
  Drawing(const fabric::FabricSpec& spec, const Layout& layout) : spec_(spec), layout_(layout) {
    const std::string planes =
        layout.planes().size() > 1 && layout.router() != nullptr
            ? absl::StrCat("\\none of ", layout.planes().size(), " planes that are alike")
            : "";
    const std::string pods =
        spec.scale_out.has_value()
            ? absl::StrCat("\\none of ", spec.pods(), " pods that are alike, ", spec.endpoints,
                           " endpoints each; what joins them is not drawn")
            : "";
    text_ = absl::StrCat(
        "graph \"", spec.id, "\" {\n  layout=", Engine(), ";\n  label=\"", spec.id, ": ",
        spec.all_endpoints(), " endpoints, ", TopologyText(spec), planes, pods,
        "\";\n  labelloc=t; fontname=\"Helvetica\"; fontsize=20; ",
        IsTorus() ? "splines=line" : "overlap=false; splines=true",
        ";\n"
        "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=16];\n"
        "  edge [fontname=\"Helvetica\", fontsize=13, color=\"#606060\"];\n");
  }

  const char* Engine() const {
    if (std::holds_alternative<fabric::TorusSpec>(spec_.shape)) {
      return "neato";
    }
    const bool round = std::holds_alternative<fabric::FullMeshSpec>(spec_.shape) ||
                       std::holds_alternative<fabric::DragonflySpec>(spec_.shape);
    return round ? "circo" : "dot";
  }

  std::string Draw() {
    if (layout_.direct().has_value()) {
      DrawMesh();
    } else if (layout_.router() == nullptr) {
      DrawPlanes();
    } else {
      DrawChips();
    }
    return text_ + "}\n";
  }

 private:
  void Node(const std::string& name, const std::string& label, const std::string& color,
            const std::string& more = "") {
    absl::StrAppend(&text_, "  \"", name, "\" [label=\"", label, "\", fillcolor=\"", color, "\"",
                    more, "];\n");
  }
  void Edge(const std::string& from, const std::string& to, const std::string& label,
            const std::string& more = "") {
    absl::StrAppend(&text_, "  \"", from, "\" -- \"", to, "\" [label=\"", label, "\"", more,
                    "];\n");
  }
  void More(const std::string& name, int count) {
    absl::StrAppend(&text_, "  \"", name, "\" [label=\"... ", count,
                    " more\", shape=plaintext, style=\"\"];\n");
  }

  void DrawMesh() {
    const int shown = std::min(spec_.endpoints, kEndpointsMax);
    for (int e = 0; e < shown; ++e) {
      Node(absl::StrCat("gpu", e), absl::StrCat("gpu", e), kColors[1]);
      for (int f = 0; f < e; ++f) {
        Edge(absl::StrCat("gpu", f), absl::StrCat("gpu", e), "");
      }
    }
    if (shown < spec_.endpoints) {
      More("more", spec_.endpoints - shown);
    }
    absl::StrAppend(&text_, "  \"each\" [shape=plaintext, style=\"\", label=\"each pair: ",
                    layout_.direct()->links, " x ", Rate(spec_.link), "\"];\n");
  }

  void DrawPlanes() {
    Node("endpoints", absl::StrCat("gpu0-", spec_.endpoints - 1, "\\n", spec_.endpoints),
         kColors[1]);
    const auto planes = static_cast<int>(layout_.planes().size());
    for (int plane = 0; plane < planes; ++plane) {
      if (planes > kLevelMax && plane >= kLevelFirst && plane + 1 < planes) {
        if (plane == kLevelFirst) {
          More("more", planes - kLevelFirst - 1);
          Edge("more", "endpoints", "", ", style=dotted");
        }
        continue;
      }
      const Layout::Plane& shape = layout_.planes()[static_cast<size_t>(plane)];
      const std::string& name = layout_.chips()[static_cast<size_t>(shape.first_chip)].name;
      Node(name, absl::StrCat(name, "\\n", spec_.endpoints * shape.links, " ports"), kColors[0]);
      Edge(name, "endpoints",
           absl::StrCat(spec_.endpoints, " x ", shape.links, " x\\n", Rate(spec_.link)));
    }
  }

  // Chips of the first plane that are drawn; what is left out is counted by level.
  void DrawChips() {
    const Layout::Plane& plane = layout_.planes().front();
    std::map<std::string, std::vector<int>> levels;
    for (int i = 0; i < plane.chips; ++i) {
      const int chip = plane.first_chip + i;
      levels[LevelOf(layout_.chips()[static_cast<size_t>(chip)])].push_back(chip);
    }
    std::vector<bool> shown(layout_.chips().size(), false);
    size_t color = 0;
    for (const auto& [level, chips] : levels) {
      int left_out = 0;
      std::vector<std::string> row;
      for (size_t i = 0; i < chips.size(); ++i) {
        if (!Shown(static_cast<int>(i), static_cast<int>(chips.size()))) {
          ++left_out;
          continue;
        }
        shown[static_cast<size_t>(chips[i])] = true;
        const std::string& name = layout_.chips()[static_cast<size_t>(chips[i])].name;
        Node(name, absl::StrCat(name, RouterEndpoint(chips[i])), kColors[color % 4],
             Position(chips[i]));
        row.push_back(absl::StrCat("\"", name, "\""));
      }
      if (left_out > 0 && !IsTorus()) {
        More(absl::StrCat("more ", level), left_out);
        row.insert(row.end() - 1, absl::StrCat("\"more ", level, "\""));
      }
      if (std::string(Engine()) == "dot") {  // in one row, in order
        absl::StrAppend(&text_, "  { rank=same; ", absl::StrJoin(row, " -- "),
                        " [style=invis]; }\n");
      }
      ++color;
    }
    DrawTrunks(shown);
    DrawEndpoints(shown);
    const auto drawn = std::count(shown.begin(), shown.end(), true);
    if (IsTorus() && drawn < plane.chips) {
      absl::StrAppend(&text_,
                      "  \"more\" [shape=plaintext, style=\"\", pos=\"2,-7.2!\", label=\"... ",
                      plane.chips - drawn, " more\"];\n");
    }
  }

  bool IsTorus() const { return std::holds_alternative<fabric::TorusSpec>(spec_.shape); }
  // A torus has one endpoint at every router, which needs no node of its own.
  std::string RouterEndpoint(int chip) const {
    return IsTorus() ? absl::StrCat("\\ngpu", chip) : "";
  }

  // Whether two routers of a torus are at the two ends of an axis.
  bool Closes(int low, int high) const {
    const auto* torus = std::get_if<fabric::TorusSpec>(&spec_.shape);
    for (size_t i = 0; torus != nullptr && i < torus->axes.size(); ++i) {
      const int size = torus->axes[i].size;
      if (size > 2 && std::abs(low % size - high % size) == size - 1) {
        return true;
      }
      low /= size;
      high /= size;
    }
    return false;
  }

  bool Shown(int index, int count) const {
    if (const auto* torus = std::get_if<fabric::TorusSpec>(&spec_.shape)) {
      if (count <= kRoutersMax && torus->axes.size() < 3) {
        return true;
      }
      for (size_t i = 0; i < torus->axes.size(); ++i) {
        const int at = index % torus->axes[i].size;
        index /= torus->axes[i].size;
        if (at >= (i < 2 ? kCornerMax : kLayersMax)) {
          return false;
        }
      }
      return true;
    }
    if (const auto* dragonfly = std::get_if<fabric::DragonflySpec>(&spec_.shape)) {
      const int two_groups = 2 * dragonfly->routers;
      if (count <= kRoutersMax || two_groups <= kGroupsMax) {
        return count <= kRoutersMax || index < two_groups;
      }
    }
    return count <= kLevelMax || index < kLevelFirst || index + 1 == count;
  }

  // Of a torus: the first axis to the right, the second down, the third behind.
  std::string Position(int chip) const {
    const auto* torus = std::get_if<fabric::TorusSpec>(&spec_.shape);
    if (torus == nullptr) {
      return "";
    }
    double place[3] = {0, 0, 0};
    for (size_t i = 0; i < torus->axes.size(); ++i) {
      place[i] = chip % torus->axes[i].size;
      chip /= torus->axes[i].size;
    }
    const double width = 2.6 * std::min(torus->axes[0].size, kCornerMax) + 1.5;
    return absl::StrFormat(", pos=\"%g,%g!\"", 2.2 * place[0] + width * place[2],
                           -1.4 * place[1] - 0.35 * place[0] - 0.5 * place[2]);
  }

  void DrawTrunks(const std::vector<bool>& shown) {
    std::map<std::pair<int, int>, std::pair<int, int>> edges;  // by chips: number, kind
    for (const Layout::Trunk& trunk : layout_.trunks()) {
      if (shown[static_cast<size_t>(trunk.from.chip)] &&
          shown[static_cast<size_t>(trunk.to.chip)]) {
        const auto ends = std::minmax(trunk.from.chip, trunk.to.chip);
        auto& [number, kind] = edges[{ends.first, ends.second}];
        ++number;
        kind = trunk.kind;
      }
    }
    bool named = false;
    for (const auto& [ends, link] : edges) {
      const auto& [number, kind] = link;
      const bool upwards = layout_.router() != nullptr && std::string(Engine()) == "dot";
      const std::string& low = layout_.chips()[static_cast<size_t>(ends.first)].name;
      const std::string& high = layout_.chips()[static_cast<size_t>(ends.second)].name;
      const bool tree = std::holds_alternative<fabric::TreeSpec>(spec_.shape);
      std::string label = number > 1 ? absl::StrCat("x", number) : "";
      if (!named) {
        absl::StrAppend(&label, label.empty() ? "" : " x ", Rate(spec_.LinkOfKind(kind)));
        named = edges.size() > 12;
      }
      Edge(upwards && !tree ? high : low, upwards && !tree ? low : high, label,
           Closes(ends.first, ends.second) ? ", style=dashed, color=\"#b8c4d0\"" : "");
    }
  }

  void DrawEndpoints(const std::vector<bool>& shown) {
    const Layout::Plane& plane = layout_.planes().front();
    std::map<int, std::vector<int>> by_chip;
    for (int e = 0; e < spec_.endpoints && !IsTorus(); ++e) {
      by_chip[layout_.ChipOf(e, plane.first_link).chip].push_back(e);
    }
    for (const auto& [chip, endpoints] : by_chip) {
      if (shown[static_cast<size_t>(chip)]) {
        const std::string& name = layout_.chips()[static_cast<size_t>(chip)].name;
        Node("at " + name, EndpointsText(endpoints), "#ffffff");
        Edge(name, "at " + name, plane.links > 1 ? absl::StrCat("x", plane.links) : "");
      }
    }
  }

  const fabric::FabricSpec& spec_;
  const Layout& layout_;
  std::string text_;
};

}  // namespace

std::string TopologyDot(const fabric::FabricSpec& spec, const Layout& layout) {
  return Drawing(spec, layout).Draw();
}

absl::StatusOr<std::string> TopologySvg(const fabric::FabricSpec& spec, const Layout& layout) {
  const Drawing drawing(spec, layout);
  const std::string dot = TopologyDot(spec, layout);
  GVC_t* const context = gvContext();
  Agraph_t* const graph = agmemread(dot.c_str());
  std::string svg;
  if (graph != nullptr && gvLayout(context, graph, drawing.Engine()) == 0) {
    char* data = nullptr;
    unsigned length = 0;
    if (gvRenderData(context, graph, "svg", &data, &length) == 0) {
      svg.assign(data, length);
    }
    gvFreeRenderData(data);
    gvFreeLayout(context, graph);
  }
  if (graph != nullptr) {
    agclose(graph);
  }
  gvFreeContext(context);
  if (svg.empty()) {
    return absl::InternalError("show: Graphviz cannot draw this fabric");
  }
  return svg;
}

}  // namespace upfabric::daemon::cli
