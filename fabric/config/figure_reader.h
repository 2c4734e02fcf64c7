// Reads figures into strong types within limits.
//
// The first error is kept; after it, and for the figure that caused it, reads return zero values,
// so that a caller reads everything and looks at status() once.

#ifndef UPFABRIC_FABRIC_CONFIG_FIGURE_READER_H_
#define UPFABRIC_FABRIC_CONFIG_FIGURE_READER_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fabric/base/units.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

enum class Zero { kRefused, kAllowed };

class FigureReader {
 public:
  FigureReader() = default;
  // `whole` is put before the paths of all that follows, and before those of SetPrefix.
  explicit FigureReader(std::string_view whole) : whole_(whole) {}

  // At most 1 s.
  Picoseconds Time(const v1::Figure& figure, std::string_view path, Zero zero);
  // Whole bytes, at most 16 KiB: parts of packets.
  Bytes PacketPart(const v1::Figure& figure, std::string_view path, Zero zero);
  // Whole bytes, 1 B (or 0 B) to 1 GiB.
  Bytes Buffer(const v1::Figure& figure, std::string_view path, Zero zero = Zero::kRefused);
  // Bytes that need not be whole, above 0, at most 16 KiB, in thousandths at the finest.
  Ratio FractionalPacketPart(const v1::Figure& figure, std::string_view path);
  // Whole bits, 1 to 65,536.
  int64_t Bits(const v1::Figure& figure, std::string_view path);
  // 1 to `most`.
  int Count(const v1::Figure& figure, std::string_view path, int most);
  // Whole bits per second, 1 Mbps to 10,000 Tbps.
  Bandwidth Rate(const v1::Figure& figure, std::string_view path);
  // Above 0, at most 1; numerator and denominator at most 10^9, as for Tax.
  Ratio Share(const v1::Figure& figure, std::string_view path);
  // 0 to 1.
  Ratio Tax(const v1::Figure& figure, std::string_view path);
  // Above 0, at most `most`, in thousandths at the finest.
  Ratio Multiple(const v1::Figure& figure, std::string_view path, int most);
  // 0 to 1/100.
  Ratio ErrorRate(const v1::Figure& figure, std::string_view path);
  // Time over a length, rounded up to 1 ps; at most 1 s. An error names the length.
  Picoseconds Propagation(const v1::Figure& length, const v1::Figure& delay, std::string_view path);
  // Index of the figure's value among `allowed`.
  int Choice(const v1::Figure& figure, std::string_view path,
             std::initializer_list<std::string_view> allowed);
  // Keeps an error at the length unless it is at most the reach.
  void RequireReach(const v1::Figure& length, const v1::Figure& reach, std::string_view path);
  // Picojoules for each bit, 0 to 1000, in thousandths at the finest.
  Ratio EnergyPerBit(const v1::Figure& figure, std::string_view path);
  // Lower case letters, digits and hyphens.
  std::string Word(const v1::Figure& figure, std::string_view path);

  // Keeps an error at `path` unless `holds`. Checks after the first error are void.
  void Require(bool holds, std::string_view path, std::string_view message);

  // Put before the paths of all that follows.
  void SetPrefix(std::string_view prefix) { prefix_ = prefix; }

  const absl::Status& status() const { return status_; }

 private:
  Bytes Size(const v1::Figure& figure, std::string_view path, Zero zero, Bytes most);
  template <typename T>
  T Take(const absl::StatusOr<T>& parsed, std::string_view path);

  std::string whole_;
  std::string prefix_;
  absl::Status status_;
};

// Whether `text` consists of lower case letters, digits and hyphens, and is not empty.
bool IsIdentifier(std::string_view text);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_FIGURE_READER_H_
