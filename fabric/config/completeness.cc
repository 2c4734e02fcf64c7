#include "fabric/config/completeness.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/config/enum_words.h"
#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

absl::Status CheckMessage(const Message& message, const std::string& path);

bool IsOneLine(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::Status CheckText(const std::string& text, const std::string& path, bool required) {
  if (required && text.empty()) {
    return FieldError(path, "is missing; give one line of text");
  }
  if (!IsOneLine(text)) {
    return FieldError(path, "has a line break or a control character; give one line of text");
  }
  return absl::OkStatus();
}

absl::Status CheckEnum(int value, const EnumDescriptor& type, const std::string& path) {
  if (value == 0 || type.FindValueByNumber(value) == nullptr) {
    return FieldError(path, absl::StrCat(value == 0 ? "is missing" : "has an unknown value",
                                         "; give one of ", EnumWords(type)));
  }
  return absl::OkStatus();
}

absl::Status CheckFigure(const v1::Figure& figure, const std::string& path) {
  UPF_RETURN_IF_ERROR(CheckText(figure.value(), path + ".value", true));
  UPF_RETURN_IF_ERROR(
      CheckEnum(figure.confidence(), *v1::Confidence_descriptor(), path + ".confidence"));
  UPF_RETURN_IF_ERROR(CheckText(figure.source(), path + ".source", false));
  UPF_RETURN_IF_ERROR(CheckText(figure.note(), path + ".note", false));
  if (figure.confidence() == v1::CONFIDENCE_ESTIMATE && figure.note().empty()) {
    return FieldError(path + ".note", "is missing; an estimate needs its reasoning, one line");
  }
  if (figure.confidence() != v1::CONFIDENCE_ESTIMATE && figure.source().empty()) {
    return FieldError(
        path + ".source",
        "is missing; give a key of docs/sources.md, or call it an estimate with a note");
  }
  return absl::OkStatus();
}

absl::Status CheckOneofs(const Message& message, const std::string& path) {
  for (int i = 0; i < message.GetDescriptor()->real_oneof_decl_count(); ++i) {
    const OneofDescriptor* oneof = message.GetDescriptor()->oneof_decl(i);
    if (message.GetReflection()->HasOneof(message, oneof)) {
      continue;
    }
    std::string names;
    for (int j = 0; j < oneof->field_count(); ++j) {
      absl::StrAppend(&names, j > 0 ? ", " : "", oneof->field(j)->name());
    }
    return FieldError(path, absl::StrCat("has no ", oneof->name(), "; give one of ", names));
  }
  return absl::OkStatus();
}

bool MayBeAbsent(const FieldDescriptor& field) {
  static constexpr std::array<std::string_view, 33> kOptional = {
      "upfabric.v1.Endpoint.spread",
      "upfabric.v1.Endpoint.transport",
      "upfabric.v1.Switch.shared_buffer",
      "upfabric.v1.SharedBuffer.trim_above",
      "upfabric.v1.SharedBuffer.pause",
      "upfabric.v1.Link.fec",
      "upfabric.v1.Link.errors",
      "upfabric.v1.Link.credits",
      "upfabric.v1.Switch.arbitration",
      "upfabric.v1.Switch.in_switch",
      "upfabric.v1.Switch.routing",
      "upfabric.v1.Switch.queueing",
      "upfabric.v1.Fabric.scale_out",
      "upfabric.v1.Fabric.switch",
      "upfabric.v1.Clos.planes",
      "upfabric.v1.Clos.links",
      "upfabric.v1.Clos.pods",
      "upfabric.v1.Clos.cores",
      "upfabric.v1.Clos.placement",
      "upfabric.v1.Torus.links",
      "upfabric.v1.Torus.datelines",
      "upfabric.v1.Axis.ends",
      "upfabric.v1.Axis.links",
      "upfabric.v1.Dragonfly.links",
      "upfabric.v1.Dragonfly.planes",
      "upfabric.v1.Dragonfly.paths",
      "upfabric.v1.Fec.code",
      "upfabric.v1.Errors.flit_error_rate",
      "upfabric.v1.Retimer.energy",
      "upfabric.v1.Medium.latency",
      "upfabric.v1.Medium.reach",
      "upfabric.v1.Medium.energy",
      "upfabric.v1.Medium.bit_error_rate",
  };
  return std::find(kOptional.begin(), kOptional.end(), field.full_name()) != kOptional.end();
}

absl::Status CheckSubmessage(const Message& message, const FieldDescriptor& field,
                             const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      UPF_RETURN_IF_ERROR(CheckMessage(reflection.GetRepeatedMessage(message, &field, i),
                                       absl::StrCat(path, "[", i, "]")));
    }
    return absl::OkStatus();
  }
  if (reflection.HasField(message, &field)) {
    return CheckMessage(reflection.GetMessage(message, &field), path);
  }
  // CheckOneofs wants one of a oneof's.
  if (MayBeAbsent(field) || field.real_containing_oneof() != nullptr) {
    return absl::OkStatus();
  }
  return FieldError(path, field.message_type() == v1::Figure::descriptor()
                              ? "is missing; give {value, source, confidence, note}"
                              : "is missing; every part of a fabric must be given");
}

absl::Status CheckMessage(const Message& message, const std::string& path) {
  if (message.GetDescriptor() == v1::Figure::descriptor()) {
    v1::Figure figure;
    figure.CopyFrom(message);
    return CheckFigure(figure, path);
  }
  UPF_RETURN_IF_ERROR(CheckOneofs(message, path));
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field.name());
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (field.is_repeated()) {
          break;  // what a kind or fabric leaves out; inheritance.h looks at it
        }
        UPF_RETURN_IF_ERROR(
            CheckText(reflection.GetString(message, &field), name, !field.has_presence()));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        UPF_RETURN_IF_ERROR(
            CheckEnum(reflection.GetEnumValue(message, &field), *field.enum_type(), name));
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        UPF_RETURN_IF_ERROR(CheckSubmessage(message, field, name));
        break;
      default:
        break;  // A fabric has no bare numbers.
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckComplete(const v1::Fabric& fabric) { return CheckMessage(fabric, ""); }

}  // namespace upfabric::fabric
