#include "daemon/cli/fabric_listing.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/bisection.h"
#include "daemon/cli/element_confidence.h"
#include "daemon/cli/json_writer.h"
#include "daemon/cli/names.h"
#include "daemon/cli/numbers.h"
#include "daemon/cli/shape_text.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/text_table.h"
#include "fabric/base/scaled_number.h"
#include "fabric/base/status.h"
#include "fabric/config/enum_words.h"
#include "fabric/config/figures.h"
#include "fabric/config/from_proto.h"
#include "fabric/model/residual_errors.h"
#include "fabric/model/transactions.h"

namespace upfabric::daemon::cli {
namespace {

using Align = TextTable::Align;

std::string ProtocolText(const v1::Protocol& protocol) {
  switch (protocol.kind_case()) {
    case v1::Protocol::kNvlink:
      return absl::StrCat("nvlink ", protocol.nvlink().generation().value());
    case v1::Protocol::kFlits:
      return protocol.flits().name();
    case v1::Protocol::kUalink:
      return "ualink";
    case v1::Protocol::kEthernet:
      return absl::StrCat("ethernet ", protocol.ethernet().profile().value());
    default:
      return "?";
  }
}

std::string AvailabilityText(v1::Availability availability) {
  constexpr absl::string_view kPrefix = "AVAILABILITY_";
  return absl::AsciiStrToLower(v1::Availability_Name(availability).substr(kPrefix.size()));
}

std::string GigabytesText(Bandwidth rate) {
  constexpr int64_t kBitsPerGigabyte = 8'000'000'000;
  const Ratio bits = rate.bits_per_second();
  return DecimalText(
      {absl::int128(bits.numerator()), absl::int128(bits.denominator()) * kBitsPerGigabyte}, 3);
}

std::string ShareText(Ratio share) {
  return DecimalText({absl::int128(share.numerator()) * 100, share.denominator()}, 2);
}

Bytes MaxPayload(const fabric::FabricSpec& spec) {
  return std::visit([](const auto& protocol) { return protocol.max_payload; }, spec.protocol);
}

// Payloads of one packet: 64 B, doubled up to the largest, which is among them.
std::vector<Bytes> PacketPayloads(const fabric::FabricSpec& spec) {
  constexpr int64_t kSmallest = 64;
  std::vector<Bytes> payloads;
  for (int64_t payload = kSmallest; payload < MaxPayload(spec).count(); payload *= 2) {
    payloads.emplace_back(payload);
  }
  payloads.push_back(MaxPayload(spec));
  return payloads;
}

// Full packets that a buffer holds.
int64_t PacketsIn(Bytes buffer, const ListedFabric& fabric) {
  const Bytes payload = MaxPayload(fabric.spec);
  const Ratio efficiency = fabric.analysis->view().WireEfficiency(payload);
  const absl::int128 packets = absl::int128(buffer.count()) * efficiency.numerator() /
                               (absl::int128(payload.count()) * efficiency.denominator());
  return static_cast<int64_t>(packets);
}

Picoseconds SumOf(const std::vector<fabric::PathElement>& path) {
  Picoseconds sum;
  for (const fabric::PathElement& element : path) {
    sum += element.latency;
  }
  return sum;
}

// `text` in lines of at most `width` after `indent`, broken at blanks.
std::string Wrapped(absl::string_view text, absl::string_view indent, size_t width) {
  std::string wrapped;
  size_t used = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const bool new_line = used == 0 || used + 1 + word.size() > width;
    absl::StrAppend(&wrapped, !new_line ? " " : (used == 0 ? "" : "\n"), new_line ? indent : "",
                    word);
    used = new_line ? word.size() : used + 1 + word.size();
  }
  return wrapped.empty() ? "" : wrapped + "\n";
}

// A line for each figure, its note below it.
std::string FiguresText(const v1::Fabric& config) {
  constexpr size_t kNoteWidth = 90;  // of the 100 columns that most terminals have
  TextTable table({{"figure"}, {"value"}, {"source"}, {"confidence"}});
  std::vector<std::string> notes = {""};
  for (const fabric::NamedFigure& named : fabric::ListFigures(config)) {
    table.AddRow({named.path, named.figure.value(),
                  named.figure.source().empty() ? "-" : named.figure.source(),
                  std::string(ConfidenceName(named.figure.confidence()))});
    notes.push_back(Wrapped(named.figure.note(), "      ", kNoteWidth));
  }
  std::string text;
  size_t line_number = 0;
  for (const absl::string_view line : absl::StrSplit(table.Render("  "), '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, line, "\n", notes[line_number++]);
  }
  return text;
}

std::string EfficiencyText(const ListedFabric& fabric) {
  TextTable table(
      {{"payload of a packet", Align::kRight}, {"payload / wire bytes", Align::kRight}});
  for (const Bytes payload : PacketPayloads(fabric.spec)) {
    table.AddRow({absl::StrCat(payload.count(), " B"),
                  absl::StrCat(ShareText(fabric.analysis->view().WireEfficiency(payload)), " %")});
  }
  return table.Render("  ");
}

struct ListedTransaction {
  const char* name;
  Bytes payload;
  fabric::TransactionBytes bytes;
};

// Writes and reads are as large as can be, atomics are of a word.
std::vector<ListedTransaction> TransactionsOf(const fabric::FabricSpec& spec) {
  using fabric::Transaction;
  constexpr Bytes kWord(8);
  const auto listed = [&spec](const char* name, Transaction transaction, Bytes payload) {
    return ListedTransaction{name, payload, fabric::BytesOf(spec.protocol, transaction, payload)};
  };
  return {listed("write", Transaction::kWrite, MaxPayload(spec)),
          listed("read", Transaction::kRead, MaxPayload(spec)),
          listed("atomic", Transaction::kAtomic, kWord)};
}

std::string BytesText(Ratio bytes) {
  return DecimalText({bytes.numerator(), bytes.denominator()}, 2);
}

std::string TransactionsText(const ListedFabric& fabric) {
  TextTable table({{"transaction"},
                   {"payload", Align::kRight},
                   {"wire bytes there", Align::kRight},
                   {"back", Align::kRight}});
  for (const auto& [name, payload, bytes] : TransactionsOf(fabric.spec)) {
    table.AddRow(
        {name, absl::StrCat(payload.count(), " B"), BytesText(bytes.there), BytesText(bytes.back)});
  }
  return table.Render("  ");
}

// "twinax (passive copper, 2m of at most 4m)".
std::string MediumText(const v1::Medium& medium) {
  const auto* kind = v1::MediumKind_descriptor()->FindValueByNumber(medium.kind());
  return absl::StrCat(
      medium.name(), " (", absl::StrReplaceAll(fabric::EnumWord(*kind), {{"_", " "}}), ", ",
      medium.length().value(),
      medium.has_reach() ? absl::StrCat(" of at most ", medium.reach().value()) : "", ")");
}

std::string CodeText(const fabric::CodeSpec& code) {
  return absl::StrFormat("RS(%d,%d)", code.symbols, code.data_symbols);
}

std::string RateText(ScaledNumber rate) { return rate.Text(3); }

// Replays of one channel for each 10^9 bytes of flits: one for each that fails.
ScaledNumber ReplaysPerGigabyte(const fabric::LinkSpec& link) {
  constexpr int64_t kGigabyte = 1'000'000'000;
  return Multiply(fabric::FlitErrorRate(link),
                  ScaledNumber::From(Ratio(kGigabyte, link.errors.flit.count())));
}

std::string ErrorsText(const fabric::LinkSpec& link) {
  std::string text;
  if (link.fec.code.has_value()) {
    const fabric::CodeSpec& code = *link.fec.code;
    absl::StrAppendFormat(
        &text, "  FEC %s corrects %d symbols of %d b in a codeword; a flit lies in %d codeword%s\n",
        CodeText(code), code.correctable(), code.symbol_bits, code.flit_words,
        code.flit_words == 1 ? "" : "s");
  }
  if (!link.has_errors) {
    return absl::StrCat(text, "  no flit fails: the fabric has no link.errors\n");
  }
  if (link.errors.bit_error_rate.has_value()) {
    absl::StrAppend(&text, "  bit error rate ",
                    RateText(ScaledNumber::From(*link.errors.bit_error_rate)),
                    " on a lane, errors taken as independent\n");
  }
  absl::StrAppend(&text, "  a flit of ", link.errors.flit.count(), " B fails with ",
                  RateText(fabric::FlitErrorRate(link)),
                  !link.errors.bit_error_rate.has_value() ? ", as given"
                  : link.has_fec                          ? " after FEC"
                                                          : " without FEC",
                  "; ", RateText(ReplaysPerGigabyte(link)),
                  " replays a GB (10^9 wire bytes of a channel) expected\n");
  return text;
}

std::string EnergyText(Ratio energy) {
  return DecimalText({energy.numerator(), energy.denominator()}, 3);
}

Ratio EnergyOf(const std::vector<fabric::PathElement>& path) {
  Ratio sum;
  for (const fabric::PathElement& element : path) {
    sum = sum + element.energy.value_or(Ratio(0));
  }
  return sum;
}

ShapeCounts AllCounts(const ListedFabric& fabric) {
  ShapeCounts counts = CountsOf(fabric.analysis->layout());
  counts.switches *= fabric.spec.pods();
  counts.endpoint_links *= fabric.spec.pods();
  counts.switch_links *= fabric.spec.pods();
  if (fabric.analysis->network() != nullptr) {
    const ShapeCounts more = CountsOf(*fabric.analysis->network());
    counts.switches += more.switches;
    counts.endpoint_links += more.endpoint_links;
    counts.switch_links += more.switch_links;
  }
  return counts;
}

Bandwidth RateOf(const fabric::FabricSpec& network, const fabric::Layout& layout) {
  return network.link.data_rate() * Ratio(layout.links_per_endpoint());
}

// Halves of pods meet in the network that joins them.
Bandwidth BisectionOf(const ListedFabric& fabric) {
  return fabric.analysis->network() != nullptr
             ? Bisection(*fabric.spec.scale_out->network, *fabric.analysis->network())
             : Bisection(fabric.spec, fabric.analysis->layout());
}

struct PathRow {
  fabric::PathElement element;  // all of them together
  int times = 1;
};

// The name without the numbers that tell elements alike apart.
std::string KindOf(const fabric::PathElement& element) {
  std::vector<std::string> words = absl::StrSplit(element.name, ' ');
  std::erase_if(words, [](const std::string& word) {
    return word.find_first_not_of("0123456789") == std::string::npos;
  });
  return absl::StrJoin(words, " ");
}

// The elements of a path, in a long one those of the same kind and latency as one.
std::vector<PathRow> PathRows(const std::vector<fabric::PathElement>& path) {
  constexpr size_t kLongest = 32;  // elements of their own
  std::vector<PathRow> rows;
  if (path.size() <= kLongest) {
    for (const fabric::PathElement& element : path) {
      rows.push_back({element});
    }
    return rows;
  }
  std::map<std::pair<std::string, Picoseconds>, size_t> row_of;
  for (const fabric::PathElement& element : path) {
    const auto [found, is_new] =
        row_of.try_emplace({KindOf(element), element.latency}, rows.size());
    if (is_new) {
      rows.push_back({element});
      continue;
    }
    PathRow& row = rows[found->second];
    ++row.times;
    row.element.latency += element.latency;
    if (row.element.energy.has_value() && element.energy.has_value()) {
      row.element.energy = *row.element.energy + *element.energy;
    }
  }
  return rows;
}

std::string PathText(const ListedFabric& fabric) {
  const ElementConfidence confidence = ConfidenceOfElements(fabric.config);
  const std::vector<fabric::PathElement> path = fabric.analysis->view().UnloadedPath();
  TextTable table({{"element of the unloaded path"},
                   {"ns", Align::kRight},
                   {"pJ/bit", Align::kRight},
                   {"confidence of ns"}});
  for (const auto& [element, times] : PathRows(path)) {
    const std::string and_more = absl::StrCat(" and ", times - 1, " alike");
    table.AddRow({absl::StrCat(element.name, times > 1 ? and_more : ""),
                  NanosecondsText(element.latency),
                  element.energy.has_value() ? EnergyText(*element.energy) : "-",
                  std::string(ConfidenceName(confidence(element.name)))});
  }
  table.AddRow(
      {"sum, before serialization", NanosecondsText(SumOf(path)), EnergyText(EnergyOf(path)), ""});
  const Picoseconds nearest = SumOf(fabric.analysis->view().ShortestPath());
  return absl::StrCat(
      table.Render("  "),
      nearest < SumOf(path)
          ? absl::StrCat("  that is the longest way; between the nearest endpoints ",
                         NanosecondsText(nearest), " ns\n")
          : "");
}

std::string CreditsText(const ListedFabric& fabric) {
  const auto line = [&fabric](absl::string_view where, Bytes buffer) {
    return absl::StrFormat("  credits of a virtual channel at %s: %s, %d full packets\n", where,
                           SizeText(buffer), PacketsIn(buffer, fabric));
  };
  const bool has_switches = !fabric.analysis->layout().chips().empty();
  return absl::StrCat(
      has_switches ? line("a switch port", fabric.spec.switch_chip.buffer_per_vc) : "",
      line("an endpoint port", fabric.spec.endpoint.buffer_per_vc));
}

void WritePreset(const ListedFabric& preset, JsonWriter& json) {
  const fabric::FabricView& view = preset.analysis->view();
  json.Key("id").String(preset.config.id());
  json.Key("title").String(preset.config.title());
  json.Key("family").String(preset.config.family());
  json.Key("status").String(AvailabilityText(preset.config.availability()));
  json.Key("protocol").String(ProtocolText(preset.config.protocol()));
  json.Key("endpoints").Int(view.endpoints());
  json.Key("topology").String(TopologyText(preset.spec));
  json.Key("gigabytes_per_second").Raw(GigabytesText(view.EndpointRate()));
  json.Key("nearest_ns").Raw(NanosecondsText(SumOf(view.ShortestPath())));
  json.Key("reduces").Raw(view.in_switch().has_value() ? "true" : "false");
  json.Key("confidence").String(ConfidenceName(fabric::WeakestConfidence(preset.config)));
}

void WriteFigures(const v1::Fabric& config, JsonWriter& json) {
  json.Key("figures").BeginArray(/*lines=*/true);
  for (const fabric::NamedFigure& named : fabric::ListFigures(config)) {
    json.BeginObject();
    json.Key("field").String(named.path);
    json.Key("value").String(named.figure.value());
    json.Key("source").String(named.figure.source());
    json.Key("confidence").String(ConfidenceName(named.figure.confidence()));
    json.Key("note").String(named.figure.note());
    json.EndObject();
  }
  json.EndArray();
}

// Null where no flit fails.
void WriteErrors(const fabric::LinkSpec& link, JsonWriter& json) {
  json.Key("errors");
  if (!link.has_errors) {
    json.Raw("null");
    return;
  }
  const auto& bit_error_rate = link.errors.bit_error_rate;
  json.BeginObject();
  json.Key("bit_error_rate");
  json.Raw(bit_error_rate.has_value() ? RateText(ScaledNumber::From(*bit_error_rate)) : "null");
  json.Key("fec").String(link.fec.code.has_value() ? CodeText(*link.fec.code) : "");
  json.Key("flit_error_rate").Raw(RateText(fabric::FlitErrorRate(link)));
  json.Key("replays_per_GB").Raw(RateText(ReplaysPerGigabyte(link))).EndObject();
}

void WriteDerived(const ListedFabric& fabric, JsonWriter& json) {
  const fabric::FabricView& view = fabric.analysis->view();
  json.Key("wire_efficiency").BeginArray();
  for (const Bytes payload : PacketPayloads(fabric.spec)) {
    json.BeginObject();
    json.Key("payload_bytes").Int(payload.count());
    json.Key("percent").Raw(ShareText(view.WireEfficiency(payload))).EndObject();
  }
  json.EndArray();
  json.Key("transactions").BeginArray();
  for (const auto& [name, payload, bytes] : TransactionsOf(fabric.spec)) {
    json.BeginObject();
    json.Key("transaction").String(name);
    json.Key("payload_bytes").Int(payload.count());
    json.Key("wire_bytes_there").Raw(BytesText(bytes.there));
    json.Key("wire_bytes_back").Raw(BytesText(bytes.back)).EndObject();
  }
  json.EndArray();
  const ElementConfidence confidence = ConfidenceOfElements(fabric.config);
  WriteErrors(fabric.spec.link, json);
  json.Key("unloaded_path").BeginArray(/*lines=*/true);
  for (const fabric::PathElement& element : view.UnloadedPath()) {
    json.BeginObject();
    json.Key("element").String(element.name);
    json.Key("ns").Raw(NanosecondsText(element.latency));
    json.Key("pJ_per_bit").Raw(element.energy.has_value() ? EnergyText(*element.energy) : "null");
    json.Key("confidence").String(ConfidenceName(confidence(element.name))).EndObject();
  }
  json.EndArray();
  const ShapeCounts counts = AllCounts(fabric);
  json.Key("unloaded_path_ns").Raw(NanosecondsText(SumOf(view.UnloadedPath())));
  json.Key("shortest_path_ns").Raw(NanosecondsText(SumOf(view.ShortestPath())));
  json.Key("unloaded_path_pJ_per_bit").Raw(EnergyText(EnergyOf(view.UnloadedPath())));
  json.Key("window_ns").Raw(NanosecondsText(fabric.analysis->Window()));
  json.Key("window_limit").String(fabric.analysis->WindowLimit());
  if (const auto clusters = fabric.analysis->Clusters()) {
    json.Key("clusters").BeginObject();
    json.Key("count").Int(clusters->clusters);
    json.Key("window_ns").Raw(NanosecondsText(clusters->window));
    json.Key("window_limit").String(clusters->limit);
    json.EndObject();
  }
  json.Key("bisection_GBps").Raw(GigabytesText(BisectionOf(fabric)));
  json.Key("switches").Int(counts.switches);
  json.Key("links").Int(counts.links());
  json.Key("switch_links").Int(counts.switch_links);
  json.Key("channels").Int(counts.channels());
  json.Key("switch_credit_packets").Int(PacketsIn(fabric.spec.switch_chip.buffer_per_vc, fabric));
  json.Key("endpoint_credit_packets").Int(PacketsIn(fabric.spec.endpoint.buffer_per_vc, fabric));
}

}  // namespace

absl::StatusOr<ListedFabric> ListedFabric::Create(const v1::Fabric& config) {
  ListedFabric listed;
  listed.config = config;
  UPF_ASSIGN_OR_RETURN(listed.spec, fabric::FabricSpecFromProto(config));
  UPF_ASSIGN_OR_RETURN(listed.analysis, fabric::FabricAnalysis::Create(listed.spec));
  return listed;
}

// Families in alphabetical order, each named once.
std::string PresetsTable(const std::vector<ListedFabric>& presets) {
  TextTable table({{"family"},
                   {"preset"},
                   {"protocol"},
                   {"endpoints", Align::kRight},
                   {"topology"},
                   {"GB/s", Align::kRight},
                   {"ns", Align::kRight},
                   {"reduces"},
                   {"weakest"},
                   {"availability"}});
  std::vector<const ListedFabric*> sorted;
  for (const ListedFabric& preset : presets) {
    sorted.push_back(&preset);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const ListedFabric* a, const ListedFabric* b) {
    return a->config.family() < b->config.family();
  });
  std::string family;
  for (const ListedFabric* preset : sorted) {
    const fabric::FabricView& view = preset->analysis->view();
    const bool first = preset->config.family() != family;
    family = preset->config.family();
    table.AddRow({first ? family : "", preset->config.id(), ProtocolText(preset->config.protocol()),
                  absl::StrCat(preset->spec.all_endpoints()), TopologyText(preset->spec),
                  GigabytesText(view.EndpointRate()), NanosecondsText(SumOf(view.ShortestPath())),
                  view.in_switch().has_value() ? "yes" : "no",
                  std::string(ConfidenceName(fabric::WeakestConfidence(preset->config))),
                  AvailabilityText(preset->config.availability())});
  }
  return absl::StrCat(
      table.Render(),
      "GB/s: data rate of an endpoint each way, before packet overhead. ns: one packet to the "
      "nearest other\nendpoint, without its serialization. reduces: in switches. weakest: the "
      "weakest confidence of all its figures;\n`upfabric show PRESET` lists each of them with its "
      "source.\n");
}

std::string SourcesTable(const std::vector<ListedFabric>& presets) {
  TextTable table({{"preset"},
                   {"figures", Align::kRight},
                   {"spec", Align::kRight},
                   {"measured", Align::kRight},
                   {"vendor", Align::kRight},
                   {"estimate", Align::kRight},
                   {"sources"}});
  for (const ListedFabric& preset : presets) {
    const std::vector<fabric::NamedFigure> figures = fabric::ListFigures(preset.config);
    std::set<std::string> sources;
    std::map<v1::Confidence, int> counts;
    for (const fabric::NamedFigure& named : figures) {
      ++counts[named.figure.confidence()];
      if (!named.figure.source().empty()) {
        sources.insert(named.figure.source());
      }
    }
    table.AddRow({preset.config.id(), absl::StrCat(figures.size()),
                  absl::StrCat(counts[v1::CONFIDENCE_SPEC]),
                  absl::StrCat(counts[v1::CONFIDENCE_MEASURED]),
                  absl::StrCat(counts[v1::CONFIDENCE_VENDOR]),
                  absl::StrCat(counts[v1::CONFIDENCE_ESTIMATE]), absl::StrJoin(sources, " ")});
  }
  return table.Render();
}

std::string PresetsJson(const std::vector<ListedFabric>& presets) {
  JsonWriter json;
  json.BeginArray(/*lines=*/true);
  for (const ListedFabric& preset : presets) {
    json.BeginObject();
    WritePreset(preset, json);
    json.EndObject();
  }
  json.EndArray();
  return json.text() + "\n";
}

// Nothing where all parts advance in the common window.
std::string ClustersText(const ListedFabric& fabric) {
  const std::optional<fabric::ClusterInfo> clusters = fabric.analysis->Clusters();
  if (!clusters.has_value()) {
    return "";
  }
  return absl::StrCat("  clusters: ", clusters->clusters,
                      clusters->clusters == 1 ? " plane" : " planes", ", each in windows of ",
                      NanosecondsText(clusters->window), " ns of its own, limited by ",
                      clusters->limit, "\n");
}

std::string FabricText(const ListedFabric& fabric) {
  const fabric::FabricView& view = fabric.analysis->view();
  const ShapeCounts counts = AllCounts(fabric);
  return absl::StrCat(
      fabric.config.id(), ": ", fabric.config.title(), "\n  family ", fabric.config.family(), ", ",
      AvailabilityText(fabric.config.availability()), ", protocol ",
      ProtocolText(fabric.config.protocol()), ", medium ",
      MediumText(fabric.config.link().medium()), "\n\nfigures\n", FiguresText(fabric.config),
      "\nderived\n",
      absl::StrFormat("  %d endpoints, %s; %d switches, %d links%s, %d channels\n",
                      view.endpoints(), TopologyText(fabric.spec), counts.switches, counts.links(),
                      counts.switch_links > 0
                          ? absl::StrCat(" (", counts.switch_links, " between switches)")
                          : "",
                      counts.channels()),
      "  an endpoint sends and receives ", GigabytesText(view.EndpointRate()),
      fabric.analysis->network() != nullptr ? " GB/s of data each way in its pod"
                                            : " GB/s of data each way",
      ", before packet overhead\n",
      fabric.analysis->network() != nullptr
          ? absl::StrCat(
                "  and ",
                GigabytesText(RateOf(*fabric.spec.scale_out->network, *fabric.analysis->network())),
                " GB/s on the network that joins the pods\n")
          : "",
      "  between the halves of the endpoints ", GigabytesText(BisectionOf(fabric)),
      " GB/s each way\n", CreditsText(fabric), ErrorsText(fabric.spec.link), "  window ",
      NanosecondsText(fabric.analysis->Window()), " ns, limited by ",
      fabric.analysis->WindowLimit(), "\n", ClustersText(fabric), "\n", EfficiencyText(fabric),
      "\n", TransactionsText(fabric), "\n", PathText(fabric));
}

std::string FabricJson(const ListedFabric& fabric) {
  JsonWriter json;
  json.BeginObject(/*lines=*/true);
  WritePreset(fabric, json);
  WriteFigures(fabric.config, json);
  WriteDerived(fabric, json);
  json.EndObject();
  return json.text() + "\n";
}

}  // namespace upfabric::daemon::cli
