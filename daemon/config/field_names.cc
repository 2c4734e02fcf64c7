#include "daemon/config/field_names.h"

#include "absl/strings/str_cat.h"

namespace upfabric::daemon {

std::string ChildPath(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

std::string FieldNames(const google::protobuf::Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    absl::StrAppend(&names, i > 0 ? ", " : "", type.field(i)->name());
  }
  return names;
}

}  // namespace upfabric::daemon
