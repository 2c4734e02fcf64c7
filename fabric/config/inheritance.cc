#include "fabric/config/inheritance.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "fabric/base/status.h"
#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::RepeatedPtrField;

// Writes what `own` has over `merged`: figures and lists whole, messages part by part.
void Overlay(const Message& own, Message& merged) {
  const Reflection& reflection = *own.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(own, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool has_parts = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                           !field->is_repeated() &&
                           field->message_type() != v1::Figure::descriptor();
    if (has_parts) {
      Overlay(reflection.GetMessage(own, field), *reflection.MutableMessage(&merged, field));
      continue;
    }
    const auto only = std::unique_ptr<Message>(own.New());
    only->CopyFrom(own);
    for (const FieldDescriptor* other : fields) {
      if (other != field) {
        reflection.ClearField(only.get(), other);
      }
    }
    reflection.ClearField(&merged, field);
    merged.MergeFrom(*only);
  }
}

absl::Status Clear(std::string_view part, const std::string& path, Message& message) {
  Message* at = &message;
  const std::vector<std::string> names = absl::StrSplit(std::string(part), '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* field = at->GetDescriptor()->FindFieldByName(names[i]);
    const Reflection& reflection = *at->GetReflection();
    if (field == nullptr || field->is_repeated() || !field->has_presence() ||
        !reflection.HasField(*at, field)) {
      return FieldError(
          path, absl::StrCat("\"", std::string(part), "\" is not there; give a part of the base"));
    }
    if (i + 1 == names.size()) {
      reflection.ClearField(at, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      at = reflection.MutableMessage(at, field);
    }
  }
  return absl::OkStatus();
}

// `message` becomes `base` without the parts, with what it has itself on top.
absl::Status Derive(const Message& base, const RepeatedPtrField<std::string>& without,
                    const std::string& path, Message& message) {
  const auto merged = std::unique_ptr<Message>(base.New());
  merged->CopyFrom(base);
  for (int i = 0; i < without.size(); ++i) {
    UPF_RETURN_IF_ERROR(Clear(without[i], absl::StrCat(path, "without[", i, "]"), *merged));
  }
  Overlay(message, *merged);
  message.CopyFrom(*merged);
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeOver(const v1::Fabric& base, v1::Fabric& fabric) {
  v1::Fabric common = base;
  common.clear_id();
  common.clear_title();
  const RepeatedPtrField<std::string> without = fabric.without();
  fabric.clear_without();
  fabric.clear_base();
  return Derive(common, without, "", fabric);
}

absl::Status CompleteKinds(v1::Fabric& fabric) {
  for (int i = 0; i < fabric.link_kinds_size(); ++i) {
    v1::LinkKind& kind = *fabric.mutable_link_kinds(i);
    UPF_RETURN_IF_ERROR(Derive(fabric.link(), kind.without(), absl::StrCat("link_kinds[", i, "]."),
                               *kind.mutable_link()));
    kind.clear_without();
  }
  for (v1::SwitchKind& kind : *fabric.mutable_switch_kinds()) {
    UPF_RETURN_IF_ERROR(Derive(fabric.switch_(), {}, "", *kind.mutable_switch_()));
  }
  return fabric.has_scale_out() ? CompleteKinds(*fabric.mutable_scale_out()->mutable_network())
                                : absl::OkStatus();
}

}  // namespace upfabric::fabric
