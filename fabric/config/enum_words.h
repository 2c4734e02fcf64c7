// The words by which people name the values of our enums: "spec" for CONFIDENCE_SPEC.

#ifndef UPFABRIC_FABRIC_CONFIG_ENUM_WORDS_H_
#define UPFABRIC_FABRIC_CONFIG_ENUM_WORDS_H_

#include <google/protobuf/descriptor.h>

#include <string>

namespace upfabric::fabric {

// Lower case, without the prefix that all values of the enum share. Requires, as for EnumWords: the
// first value is called PREFIX_UNSPECIFIED.
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);

// The words of all values but the unspecified one: "spec, measured, vendor, estimate".
std::string EnumWords(const google::protobuf::EnumDescriptor& type);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_ENUM_WORDS_H_
