// An element of an XML file whose attributes are taken one by one, each checked, with its line.
//
// Errors: kInvalidArgument, "LINE: what is wrong; what is allowed".

#ifndef UPFABRIC_COLLECTIVES_IMPORT_XML_ELEMENT_H_
#define UPFABRIC_COLLECTIVES_IMPORT_XML_ELEMENT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <tinyxml2.h>

#include "absl/status/statusor.h"

namespace upfabric::collectives {

// "LINE: message".
absl::Status LineError(int line, std::string_view message);

class XmlElement {
 public:
  explicit XmlElement(const tinyxml2::XMLElement& element) : element_(element) {}

  int line() const { return element_.GetLineNum(); }
  std::string_view name() const { return element_.Name(); }
  bool Has(const char* attribute) const { return element_.Attribute(attribute) != nullptr; }

  struct Limits {
    int min = 0;
    int max = 0;
  };
  // A whole number; refused if it is missing or outside the limits.
  absl::StatusOr<int> Number(const char* attribute, const Limits& limits) const;
  absl::StatusOr<std::string> Text(const char* attribute) const;
  // One of some words, as its index.
  absl::StatusOr<int> Word(const char* attribute,
                           std::initializer_list<std::string_view> words) const;

  // The first attribute that is none of `known`; "" if all are.
  std::string UnknownAttribute(std::initializer_list<std::string_view> known) const;

 private:
  const tinyxml2::XMLElement& element_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_IMPORT_XML_ELEMENT_H_
