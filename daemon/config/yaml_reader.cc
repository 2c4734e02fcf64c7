#include "daemon/config/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daemon/config/field_names.h"
#include "fabric/base/status.h"
#include "fabric/config/enum_words.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// Counted from 1, also where yaml-cpp has no line.
int LineOf(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

// What a node is, for messages.
std::string KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar: {
      constexpr size_t kShownMax = 64;
      const std::string& text = node.Scalar();
      return absl::StrCat("\"", text.substr(0, kShownMax),
                          text.size() > kShownMax ? "...\"" : "\"");
    }
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    default:
      return "empty";
  }
}

const FieldDescriptor* FindField(const Descriptor& type, const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
}

const EnumValueDescriptor* FindEnumValue(const EnumDescriptor& type, const std::string& name) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (absl::EqualsIgnoreCase(value->name(), name) ||
        absl::EqualsIgnoreCase(fabric::EnumWord(*value), name)) {
      return value;
    }
  }
  return nullptr;
}

// Walks nodes and descriptors together.
class Walker {
 public:
  explicit Walker(SourceLines& lines) : lines_(lines) {}

  absl::Status ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    if (!node.IsMap()) {
      return lines_.Error(path, absl::StrCat("is ", KindOf(node), "; ", Wanted(type)));
    }
    std::map<const FieldDescriptor*, int> seen;
    for (const auto& entry : node) {
      const int line = LineOf(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        return lines_.ErrorAtLine(
            line, absl::StrCat("a field name is ", KindOf(entry.first), "; ", Wanted(type)));
      }
      const std::string& name = entry.first.Scalar();
      const FieldDescriptor* field = FindField(type, name);
      if (field == nullptr) {
        return lines_.ErrorAtLine(
            line,
            absl::StrCat(ChildPath(path, name), ": unknown field; known are ", FieldNames(type)));
      }
      const std::string field_path = ChildPath(path, field->name());
      UPF_RETURN_IF_ERROR(CheckFirst(*field, field_path, line, message, seen));
      lines_.Set(field_path, line);
      UPF_RETURN_IF_ERROR(ReadField(entry.second, field_path, *field, message));
    }
    return absl::OkStatus();
  }

 private:
  // Refuses a field that is already set, and one whose oneof is.
  absl::Status CheckFirst(const FieldDescriptor& field, const std::string& path, int line,
                          const Message& message, std::map<const FieldDescriptor*, int>& seen) {
    const auto [first, inserted] = seen.emplace(&field, line);
    if (!inserted) {
      return lines_.ErrorAtLine(line, absl::StrCat(path, ": is given twice, first on line ",
                                                   first->second, "; give it once"));
    }
    const OneofDescriptor* oneof = field.containing_oneof();
    if (oneof != nullptr && message.GetReflection()->HasOneof(message, oneof)) {
      const FieldDescriptor* other =
          message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
      return lines_.ErrorAtLine(line, absl::StrCat(path, ": excludes ", other->name(), " of line ",
                                                   seen[other], "; give one of them"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadField(const YAML::Node& node, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (!field.is_repeated()) {
      return ReadValue(node, path, field, message);
    }
    if (!node.IsSequence()) {
      return lines_.Error(path, absl::StrCat("is ", KindOf(node), "; a list is wanted"));
    }
    for (size_t i = 0; i < node.size(); ++i) {
      const YAML::Node element = node[i];
      const std::string element_path = absl::StrCat(path, "[", i, "]");
      lines_.Set(element_path, LineOf(element.Mark()));
      UPF_RETURN_IF_ERROR(ReadValue(element, element_path, field, message));
    }
    return absl::OkStatus();
  }

  // Sets a field, or adds an element to it.
  absl::Status ReadValue(const YAML::Node& node, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (node.IsNull()) {
      return lines_.Error(path, "is empty; give a value, or leave the field out");
    }
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* child = field.is_repeated()
                           ? message.GetReflection()->AddMessage(&message, &field)
                           : message.GetReflection()->MutableMessage(&message, &field);
      return ReadMessage(node, path, *child);
    }
    if (!node.IsScalar()) {
      return lines_.Error(path, absl::StrCat("is ", KindOf(node), "; ", Wanted(field)));
    }
    return SetScalar(node, path, field, message);
  }

  absl::Status SetScalar(const YAML::Node& node, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    const auto set = [&](auto setter, auto adder, auto value) {
      if (field.is_repeated()) {
        (message.GetReflection()->*adder)(&message, &field, value);
      } else {
        (message.GetReflection()->*setter)(&message, &field, value);
      }
      return absl::OkStatus();
    };
    using Reflection = google::protobuf::Reflection;
    const std::string& text = node.Scalar();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return set(&Reflection::SetString, &Reflection::AddString, text);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (text == "true" || text == "false") {
          return set(&Reflection::SetBool, &Reflection::AddBool, text == "true");
        }
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        if (int32_t value = 0; absl::SimpleAtoi(text, &value)) {
          return set(&Reflection::SetInt32, &Reflection::AddInt32, value);
        }
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        if (int64_t value = 0; absl::SimpleAtoi(text, &value)) {
          return set(&Reflection::SetInt64, &Reflection::AddInt64, value);
        }
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        if (uint64_t value = 0; absl::SimpleAtoi(text, &value)) {
          return set(&Reflection::SetUInt64, &Reflection::AddUInt64, value);
        }
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (double value = 0; absl::SimpleAtod(text, &value) && std::isfinite(value)) {
          return set(&Reflection::SetDouble, &Reflection::AddDouble, value);
        }
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        if (const EnumValueDescriptor* value = FindEnumValue(*field.enum_type(), text)) {
          return set(&Reflection::SetEnum, &Reflection::AddEnum, value);
        }
        break;
      default:
        break;  // The configuration has no field of another type.
    }
    return lines_.Error(path, absl::StrCat("is ", KindOf(node), "; ", Wanted(field)));
  }

  static std::string Wanted(const Descriptor& type) {
    if (&type == v1::Figure::descriptor()) {
      return "a figure is wanted: {value: 4.6ns/m, source: KEY, confidence: spec, note: ...}";
    }
    return absl::StrCat("a map is wanted, with the fields ", FieldNames(type));
  }

  static std::string Wanted(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return "text is wanted";
      case FieldDescriptor::CPPTYPE_BOOL:
        return "true or false is wanted";
      case FieldDescriptor::CPPTYPE_INT32:
        return "a whole number of 32 bits is wanted";
      case FieldDescriptor::CPPTYPE_INT64:
        return "a whole number of 64 bits is wanted";
      case FieldDescriptor::CPPTYPE_UINT64:
        return "a whole number of 64 bits, not negative, is wanted";
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return "a number is wanted";
      case FieldDescriptor::CPPTYPE_ENUM:
        return absl::StrCat("one of ", fabric::EnumWords(*field.enum_type()), " is wanted");
      default:
        return "its type cannot be read from a file";
    }
  }

  SourceLines& lines_;
};

// Takes a document's events and forgets them.
class NoEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::LoadAll would say so too, but it never ends on a text that starts with a comma.
bool HasSecondDocument(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NoEvents handler;
  return parser.HandleNextDocument(handler) && parser.HandleNextDocument(handler);
}

}  // namespace

absl::Status ReadYaml(const std::string& text, Message& message, SourceLines& lines) {
  try {
    UPF_RETURN_IF_ERROR(Walker(lines).ReadMessage(YAML::Load(text), "", message));
    if (HasSecondDocument(text)) {
      return lines.Error("", "has more than one document; exactly one is wanted");
    }
    return absl::OkStatus();
  } catch (const YAML::Exception& e) {
    return lines.ErrorAtLine(LineOf(e.mark), absl::StrCat(e.msg, "; valid YAML or JSON is wanted"));
  }
}

}  // namespace upfabric::daemon
