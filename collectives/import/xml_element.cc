#include "collectives/import/xml_element.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fabric/base/status.h"

namespace upfabric::collectives {

absl::Status LineError(int line, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(line, ": ", std::string(message)));
}

absl::StatusOr<std::string> XmlElement::Text(const char* attribute) const {
  const char* text = element_.Attribute(attribute);
  if (text == nullptr) {
    return LineError(line(), absl::StrCat(std::string(name()), " has no attribute ", attribute));
  }
  return std::string(text);
}

absl::StatusOr<int> XmlElement::Number(const char* attribute, const Limits& limits) const {
  UPF_ASSIGN_OR_RETURN(const std::string text, Text(attribute));
  int value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < limits.min || value > limits.max) {
    return LineError(line(), absl::StrCat(std::string(name()), " ", attribute, " is \"", text,
                                          "\"; allowed: ", limits.min, " to ", limits.max));
  }
  return value;
}

absl::StatusOr<int> XmlElement::Word(const char* attribute,
                                     std::initializer_list<std::string_view> words) const {
  UPF_ASSIGN_OR_RETURN(const std::string text, Text(attribute));
  const auto* found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) {
    return LineError(
        line(), absl::StrCat(std::string(name()), " ", attribute, " is \"", text, "\"; allowed: ",
                             absl::StrJoin(words, ", ", [](std::string* out, auto word) {
                               out->append(word);
                             })));
  }
  return static_cast<int>(found - words.begin());
}

std::string XmlElement::UnknownAttribute(std::initializer_list<std::string_view> known) const {
  for (const tinyxml2::XMLAttribute* attribute = element_.FirstAttribute(); attribute != nullptr;
       attribute = attribute->Next()) {
    if (std::find(known.begin(), known.end(), attribute->Name()) == known.end()) {
      return attribute->Name();
    }
  }
  return "";
}

}  // namespace upfabric::collectives
