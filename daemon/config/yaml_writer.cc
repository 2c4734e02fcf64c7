#include "daemon/config/yaml_writer.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kIndent = 2;

std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}), "\"");
}

// Of a single field, or of element `index` of a repeated one (-1: single).
std::string ScalarText(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& get = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(one ? get.GetInt32(message, &field)
                              : get.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(one ? get.GetInt64(message, &field)
                              : get.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(one ? get.GetUInt32(message, &field)
                              : get.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(one ? get.GetUInt64(message, &field)
                              : get.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrFormat("%.6g", one ? get.GetDouble(message, &field)
                                         : get.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrFormat("%.6g", one ? get.GetFloat(message, &field)
                                         : get.GetRepeatedFloat(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? get.GetBool(message, &field) : get.GetRepeatedBool(message, &field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return (one ? get.GetEnum(message, &field) : get.GetRepeatedEnum(message, &field, index))
          ->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return Quoted(one ? get.GetString(message, &field)
                        : get.GetRepeatedString(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // no scalar
  }
  return "";
}

// Lines of `message`, each after `indent` blanks; the first after what stands before it already if
// it is an element of a list.
void Append(const Message& message, int indent, bool element, std::string& out) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection& get = *message.GetReflection();
  get.ListFields(message, &fields);
  bool first = true;
  for (const FieldDescriptor* field : fields) {
    absl::StrAppend(&out, element && first ? "" : std::string(static_cast<size_t>(indent), ' '),
                    field->name(), ":");
    first = false;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        absl::StrAppend(&out, " ", ScalarText(message, *field, -1), "\n");
        continue;
      }
      std::string items;
      for (int i = 0; i < get.FieldSize(message, field); ++i) {
        absl::StrAppend(&items, items.empty() ? "" : ", ", ScalarText(message, *field, i));
      }
      absl::StrAppend(&out, " [", items, "]\n");
      continue;
    }
    if (!field->is_repeated()) {
      std::string inner;
      Append(get.GetMessage(message, field), indent + kIndent, false, inner);
      absl::StrAppend(&out, inner.empty() ? " {}\n" : absl::StrCat("\n", inner));
      continue;
    }
    absl::StrAppend(&out, "\n");
    for (int i = 0; i < get.FieldSize(message, field); ++i) {
      absl::StrAppend(&out, std::string(static_cast<size_t>(indent + kIndent), ' '), "- ");
      Append(get.GetRepeatedMessage(message, field, i), indent + 2 * kIndent, true, out);
    }
  }
  if (fields.empty() && element) {
    absl::StrAppend(&out, "{}\n");
  }
}

}  // namespace

std::string WriteYaml(const Message& message) {
  std::string out;
  Append(message, 0, false, out);
  return out;
}

}  // namespace upfabric::daemon
