#include "daemon/config/textproto_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daemon/config/field_names.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

// Keeps the first error.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int /*column*/, const std::string& message) override {
    if (message_.empty()) {
      line_ = std::max(line, 0) + 1;
      message_ = message;
    }
  }

  int line() const { return line_; }
  const std::string& message() const { return message_; }

 private:
  int line_ = 1;
  std::string message_;
};

// The enum of a field of that name in the schema of `file`; null if there is none.
const EnumDescriptor* FindEnumOfField(const FileDescriptor& file, const std::string& name) {
  for (int i = 0; i < file.message_type_count(); ++i) {
    const FieldDescriptor* field = file.message_type(i)->FindFieldByName(name);
    if (field != nullptr && field->enum_type() != nullptr) {
      return field->enum_type();
    }
  }
  for (int i = 0; i < file.dependency_count(); ++i) {
    if (const EnumDescriptor* type = FindEnumOfField(*file.dependency(i), name)) {
      return type;
    }
  }
  return nullptr;
}

std::string FullNames(const EnumDescriptor& type) {
  std::string names;
  for (int i = 1; i < type.value_count(); ++i) {  // value 0 is the unspecified one
    absl::StrAppend(&names, i > 1 ? ", " : "", type.value(i)->name());
  }
  return names;
}

// The text between the last two quotes of `message`.
std::string LastQuoted(const std::string& message) {
  const size_t end = message.rfind('"');
  const size_t start = end == std::string::npos || end == 0 ? end : message.rfind('"', end - 1);
  return start == std::string::npos || start == end ? ""
                                                    : message.substr(start + 1, end - start - 1);
}

// What is allowed where the parser complained. Its messages are known by their first words.
std::string Allowed(const std::string& message, const Descriptor& root) {
  const std::string type_prefix = "Message type \"";
  if (absl::StartsWith(message, type_prefix)) {
    const std::string name = message.substr(
        type_prefix.size(), message.find('"', type_prefix.size()) - type_prefix.size());
    if (const Descriptor* type = root.file()->pool()->FindMessageTypeByName(name)) {
      return absl::StrCat("known fields are ", FieldNames(*type));
    }
  }
  if (absl::StartsWith(message, "Unknown enumeration value")) {
    if (const EnumDescriptor* type = FindEnumOfField(*root.file(), LastQuoted(message))) {
      return absl::StrCat("allowed are ", FullNames(*type));
    }
  }
  return absl::StrCat("a ", root.full_name(), " in protobuf text format is wanted");
}

void AppendLines(const Message& message, const TextFormat::ParseInfoTree& tree,
                 const std::string& path, SourceLines& lines) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string field_path = ChildPath(path, field->name());
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      const std::string value_path =
          field->is_repeated() ? absl::StrCat(field_path, "[", i, "]") : field_path;
      lines.Set(value_path, tree.GetLocation(field, index).line + 1);
      const TextFormat::ParseInfoTree* nested = tree.GetTreeForNested(field, index);
      if (nested != nullptr) {
        AppendLines(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                         : reflection.GetMessage(message, field),
                    *nested, value_path, lines);
      }
    }
  }
}

}  // namespace

absl::Status ReadTextproto(const std::string& text, Message& message, SourceLines& lines) {
  FirstError error;
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&tree);
  if (!parser.ParseFromString(text, &message)) {
    const std::string what(absl::StripSuffix(error.message(), "."));
    return lines.ErrorAtLine(
        error.line(), absl::StrCat(what, "; ", Allowed(error.message(), *message.GetDescriptor())));
  }
  AppendLines(message, tree, "", lines);
  return absl::OkStatus();
}

}  // namespace upfabric::daemon
