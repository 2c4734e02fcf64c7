#include "fabric/config/link_from_proto.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "fabric/base/units_text.h"
#include "fabric/model/residual_errors.h"

namespace upfabric::fabric {
namespace {

// chosen: far above anything built; the engine's own limits are tighter where it has some.
constexpr int kLanesMax = 1024;
constexpr int kInterleaveMax = 64;
constexpr int kSymbolBitsMax = 16;
constexpr int kDataSymbolsMax = 65'536;
constexpr int kFlitCodewordsMax = 64;

ErrorSpec ReadErrors(const v1::Errors& proto, FigureReader& reader) {
  ErrorSpec spec;
  if (proto.has_flit_error_rate()) {
    spec.flit_error_rate = reader.ErrorRate(proto.flit_error_rate(), "link.errors.flit_error_rate");
  }
  spec.flit = reader.PacketPart(proto.flit(), "link.errors.flit", Zero::kRefused);
  const v1::Retry& retry = proto.retry();
  spec.retry.window = reader.Buffer(retry.window(), "link.errors.retry.window");
  spec.retry.ack_spacing =
      reader.PacketPart(retry.ack_spacing(), "link.errors.retry.ack_spacing", Zero::kAllowed);
  spec.retry.turnaround =
      reader.Time(retry.turnaround(), "link.errors.retry.turnaround", Zero::kAllowed);
  return spec;
}

CodeSpec ReadCode(const v1::Code& proto, int64_t codeword_bits, FigureReader& reader) {
  CodeSpec spec;
  spec.symbol_bits = reader.Bits(proto.symbol(), "link.fec.code.symbol");
  reader.Require(
      spec.symbol_bits >= 1 && spec.symbol_bits <= kSymbolBitsMax &&
          codeword_bits % spec.symbol_bits == 0,
      "link.fec.code.symbol.value",
      absl::StrCat(proto.symbol().value(), " does not cut a codeword of ", codeword_bits,
                   "b into whole symbols; allowed are such of 1b to ", kSymbolBitsMax, "b"));
  if (!reader.status().ok()) {
    return spec;
  }
  spec.symbols = codeword_bits / spec.symbol_bits;
  spec.data_symbols =
      reader.Count(proto.data_symbols(), "link.fec.code.data_symbols", kDataSymbolsMax);
  reader.Require(
      spec.data_symbols <= spec.symbols, "link.fec.code.data_symbols.value",
      absl::StrCat(proto.data_symbols().value(), " is more than a codeword has; at most ",
                   spec.symbols, " is allowed"));
  spec.flit_words =
      reader.Count(proto.flit_codewords(), "link.fec.code.flit_codewords", kFlitCodewordsMax);
  return spec;
}

// Data of a flit's codewords must be room enough for it.
void RequireFlitFits(const ErrorSpec& errors, const CodeSpec& code, FigureReader& reader) {
  constexpr int64_t kBitsPerByte = 8;
  const int64_t room = code.flit_words * code.data_symbols * code.symbol_bits;
  reader.Require(errors.flit.count() * kBitsPerByte <= room, "link.fec.code.flit_codewords.value",
                 absl::StrCat("hold ", room, " data bits, less than a flit of ",
                              FormatSize(errors.flit), "; give as many as a flit lies in"));
}

// The bit error rate of the medium, if it has one, and the flit error rate that follows from it.
void ReadBitErrors(const v1::Link& proto, FigureReader& reader, LinkSpec& link) {
  const std::string path = "link.medium.bit_error_rate";
  const v1::Figure& figure = proto.medium().bit_error_rate();
  const bool is_given = proto.medium().has_bit_error_rate();
  if (link.has_errors) {
    reader.Require(is_given || proto.errors().has_flit_error_rate(), "link.errors.flit_error_rate",
                   absl::StrCat("is missing; give {value, source, confidence, note}, or ", path));
  }
  if (!is_given) {
    return;
  }
  link.errors.bit_error_rate = reader.ErrorRate(figure, path);
  reader.Require(link.has_errors, path,
                 "is given without link.errors, which says how flits are repaired; give both");
  reader.Require(!proto.errors().has_flit_error_rate(), path,
                 "is given, and so is link.errors.flit_error_rate; give one of them");
  reader.Require(!link.has_fec || link.fec.code.has_value(), "link.fec.code",
                 absl::StrCat("is missing; ", path, " needs it"));
  if (!reader.status().ok()) {
    return;
  }
  constexpr Ratio kFlitErrorRateMax(1, 100);
  const ScaledNumber rate = FlitErrorRate(link);
  link.errors.flit_error_rate = rate.ToRatio();
  reader.Require(link.errors.flit_error_rate <= kFlitErrorRateMax, path + ".value",
                 absl::StrCat(figure.value(), " leaves a flit error rate of ", rate.Text(3),
                              "; at most 1/100 is allowed"));
}

void ReadMedium(const v1::Medium& proto, FigureReader& reader, LinkSpec& link) {
  const std::string path = "link.medium";
  link.medium = proto.name();
  link.propagation = reader.Propagation(proto.length(), proto.delay(), path);
  if (proto.has_latency()) {
    link.medium_latency = reader.Time(proto.latency(), path + ".latency", Zero::kAllowed);
  }
  if (proto.has_reach()) {
    reader.RequireReach(proto.length(), proto.reach(), path);
  }
  if (proto.has_energy()) {
    link.medium_energy = reader.EnergyPerBit(proto.energy(), path + ".energy");
  }
}

RetimerSpec ReadRetimer(const v1::Retimer& proto, const std::string& path, FigureReader& reader) {
  RetimerSpec spec;
  spec.name = proto.name();
  spec.latency = reader.Time(proto.latency(), path + ".latency", Zero::kRefused);
  if (proto.has_energy()) {
    spec.energy = reader.EnergyPerBit(proto.energy(), path + ".energy");
  }
  return spec;
}

}  // namespace

LinkSpec ReadLink(const v1::Link& proto, FigureReader& reader) {
  LinkSpec spec;
  spec.lanes = reader.Count(proto.lanes(), "link.lanes", kLanesMax);
  spec.lane_rate = reader.Rate(proto.lane_rate(), "link.lane_rate");
  spec.coding = reader.Share(proto.coding(), "link.coding");
  spec.idle_tax = reader.Tax(proto.idle_tax(), "link.idle_tax");
  spec.marker_tax = reader.Tax(proto.marker_tax(), "link.marker_tax");
  spec.phy_tx = reader.Time(proto.phy_tx(), "link.phy_tx", Zero::kAllowed);
  spec.phy_rx = reader.Time(proto.phy_rx(), "link.phy_rx", Zero::kAllowed);
  spec.has_fec = proto.has_fec();
  if (spec.has_fec) {
    const int64_t codeword_bits = reader.Bits(proto.fec().codeword(), "link.fec.codeword");
    spec.fec.codeword_bits = Ratio(codeword_bits);
    spec.fec.interleave =
        reader.Count(proto.fec().interleave(), "link.fec.interleave", kInterleaveMax);
    spec.fec.decode = reader.Time(proto.fec().decode(), "link.fec.decode", Zero::kAllowed);
    if (proto.fec().has_code()) {
      spec.fec.code = ReadCode(proto.fec().code(), codeword_bits, reader);
    }
  }
  for (int i = 0; i < proto.retimers_size(); ++i) {
    spec.retimers.push_back(
        ReadRetimer(proto.retimers(i), absl::StrCat("link.retimers[", i, "]"), reader));
  }
  ReadMedium(proto.medium(), reader, spec);
  if (proto.has_credits()) {
    const v1::Credits& credits = proto.credits();
    spec.credit_step = reader.PacketPart(credits.step(), "link.credits.step", Zero::kAllowed);
    spec.credit_resync = reader.Time(credits.resync(), "link.credits.resync", Zero::kAllowed);
  }
  spec.has_errors = proto.has_errors();
  if (spec.has_errors) {
    spec.errors = ReadErrors(proto.errors(), reader);
  }
  if (spec.has_errors && spec.fec.code.has_value()) {
    RequireFlitFits(spec.errors, *spec.fec.code, reader);
  }
  ReadBitErrors(proto, reader, spec);
  return spec;
}

}  // namespace upfabric::fabric
