#include "fabric/config/figures.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "fabric/config/enum_words.h"

namespace upfabric::fabric {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AppendFigures(const Message& message, const std::string& path,
                   std::vector<NamedFigure>& figures) {
  if (message.GetDescriptor() == v1::Figure::descriptor()) {
    NamedFigure& named = figures.emplace_back();
    named.path = path;
    named.figure.CopyFrom(message);
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (field->is_repeated()) {
      for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
        AppendFigures(reflection.GetRepeatedMessage(message, field, j),
                      absl::StrCat(name, "[", j, "]"), figures);
      }
    } else if (reflection.HasField(message, field)) {
      AppendFigures(reflection.GetMessage(message, field), name, figures);
    }
  }
}

}  // namespace

std::vector<NamedFigure> ListFigures(const v1::Fabric& fabric) {
  std::vector<NamedFigure> figures;
  AppendFigures(fabric, "", figures);
  return figures;
}

v1::Confidence WeakestConfidence(const v1::Fabric& fabric) {
  // The enum goes from the strongest to the weakest, with UNSPECIFIED, weaker still, before them.
  v1::Confidence weakest = v1::CONFIDENCE_UNSPECIFIED;
  for (const NamedFigure& named : ListFigures(fabric)) {
    if (named.figure.confidence() == v1::CONFIDENCE_UNSPECIFIED) {
      return v1::CONFIDENCE_UNSPECIFIED;
    }
    weakest = std::max(weakest, named.figure.confidence());
  }
  return weakest;
}

std::string ConfidenceWord(v1::Confidence confidence) {
  const google::protobuf::EnumValueDescriptor* value =
      v1::Confidence_descriptor()->FindValueByNumber(confidence);
  return value != nullptr ? EnumWord(*value) : "unspecified";
}

}  // namespace upfabric::fabric
