#include "fabric/config/enum_words.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"

namespace upfabric::fabric {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

std::string EnumWord(const EnumValueDescriptor& value) {
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  const std::string& first = value.type()->value(0)->name();
  UPF_CHECK(first.ends_with(kUnspecified));
  return absl::AsciiStrToLower(value.name().substr(first.size() - kUnspecified.size()));
}

std::string EnumWords(const EnumDescriptor& type) {
  std::string words;
  for (int i = 1; i < type.value_count(); ++i) {
    absl::StrAppend(&words, i > 1 ? ", " : "", EnumWord(*type.value(i)));
  }
  return words;
}

}  // namespace upfabric::fabric
