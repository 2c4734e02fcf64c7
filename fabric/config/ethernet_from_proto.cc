#include "fabric/config/ethernet_from_proto.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace upfabric::fabric {
namespace {

constexpr int kEntropiesMax = 256;  // what a record can name
// chosen: far above anything built.
constexpr int kPacketsMax = 65'536;
constexpr int kRoundsMax = 1024;
constexpr int kMultipleMax = 1024;

NsccSpec ReadNscc(const v1::Nscc& proto, FigureReader& reader) {
  const std::string path = "endpoint.transport.nscc.";
  const auto multiple = [&](const v1::Figure& figure, const char* name) {
    return reader.Multiple(figure, path + name, kMultipleMax);
  };
  NsccSpec spec;
  spec.target = multiple(proto.target(), "target");
  spec.max_window = multiple(proto.max_window(), "max_window");
  spec.reference_rate = reader.Rate(proto.reference_rate(), path + "reference_rate");
  spec.reference_round_trip =
      reader.Time(proto.reference_round_trip(), path + "reference_round_trip", Zero::kRefused);
  spec.proportional_gain = multiple(proto.proportional_gain(), "proportional_gain");
  spec.fair_gain = multiple(proto.fair_gain(), "fair_gain");
  spec.constant_gain = multiple(proto.constant_gain(), "constant_gain");
  spec.fast_gain = multiple(proto.fast_gain(), "fast_gain");
  spec.fast_delay = reader.Time(proto.fast_delay(), path + "fast_delay", Zero::kAllowed);
  spec.decrease = reader.Share(proto.decrease(), path + "decrease");
  spec.average_weight = reader.Share(proto.average_weight(), path + "average_weight");
  spec.adjust_packets = reader.Count(proto.adjust_packets(), path + "adjust_packets", kPacketsMax);
  spec.quick_gate = reader.Count(proto.quick_gate(), path + "quick_gate", kMultipleMax);
  spec.quick_threshold = multiple(proto.quick_threshold(), "quick_threshold");
  return spec;
}

DcqcnSpec ReadDcqcn(const v1::Dcqcn& proto, FigureReader& reader) {
  const std::string path = "endpoint.transport.dcqcn.";
  const auto time = [&](const v1::Figure& figure, const char* name) {
    return reader.Time(figure, path + name, Zero::kRefused);
  };
  DcqcnSpec spec;
  spec.notice_interval = time(proto.notice_interval(), "notice_interval");
  spec.alpha_interval = time(proto.alpha_interval(), "alpha_interval");
  spec.cut_interval = time(proto.cut_interval(), "cut_interval");
  spec.increase_interval = time(proto.increase_interval(), "increase_interval");
  spec.gain = reader.Share(proto.gain(), path + "gain");
  spec.additive_increase = reader.Rate(proto.additive_increase(), path + "additive_increase");
  spec.hyper_increase = reader.Rate(proto.hyper_increase(), path + "hyper_increase");
  spec.min_rate = reader.Rate(proto.min_rate(), path + "min_rate");
  spec.fast_rounds = reader.Count(proto.fast_rounds(), path + "fast_rounds", kRoundsMax);
  return spec;
}

}  // namespace

SharedBufferSpec ReadSharedBuffer(const v1::SharedBuffer& proto, FigureReader& reader) {
  const std::string path = "switch.shared_buffer.";
  SharedBufferSpec spec;
  spec.size = reader.Buffer(proto.size(), path + "size");
  spec.alpha = reader.Multiple(proto.alpha(), path + "alpha", kMultipleMax);
  spec.mark_from = reader.Buffer(proto.mark_from(), path + "mark_from");
  spec.mark_all = reader.Buffer(proto.mark_all(), path + "mark_all");
  spec.mark_chance = reader.Share(proto.mark_chance(), path + "mark_chance");
  reader.Require(spec.mark_from <= spec.mark_all, path + "mark_all.value",
                 "is less than mark_from; at least that is allowed");
  if (proto.has_trim_above()) {
    spec.trim_above = reader.Buffer(proto.trim_above(), path + "trim_above");
  }
  if (proto.has_pause()) {
    PauseSpec pause;
    pause.above = reader.Buffer(proto.pause().above(), path + "pause.above");
    pause.below = reader.Buffer(proto.pause().below(), path + "pause.below");
    reader.Require(pause.below <= pause.above, path + "pause.below.value",
                   "is more than above; at most that is allowed");
    spec.pause = pause;
  }
  return spec;
}

TransportSpec ReadTransport(const v1::Transport& proto, FigureReader& reader) {
  const std::string path = "endpoint.transport.";
  TransportSpec spec;
  spec.recovery = static_cast<Recovery>(
      reader.Choice(proto.recovery(), path + "recovery", {"selective", "go-back-n"}));
  spec.entropies = reader.Count(proto.entropies(), path + "entropies", kEntropiesMax);
  spec.ack_spacing = reader.Buffer(proto.ack_spacing(), path + "ack_spacing", Zero::kAllowed);
  spec.ack_delay = reader.Time(proto.ack_delay(), path + "ack_delay", Zero::kRefused);
  spec.retransmit_timeout =
      reader.Time(proto.retransmit_timeout(), path + "retransmit_timeout", Zero::kRefused);
  if (proto.has_nscc()) {
    spec.congestion_control = ReadNscc(proto.nscc(), reader);
  } else if (proto.has_dcqcn()) {
    spec.congestion_control = ReadDcqcn(proto.dcqcn(), reader);
  }
  return spec;
}

}  // namespace upfabric::fabric
