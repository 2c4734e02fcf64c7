// What the packets of a reduce-read carry instead of a message's tag: which session of the
// requester's link they belong to, and the block that it reads.

#ifndef UPFABRIC_FABRIC_MODEL_BLOCK_TAG_H_
#define UPFABRIC_FABRIC_MODEL_BLOCK_TAG_H_

#include <cstdint>

namespace upfabric::fabric {

struct BlockTag {
  // Most sessions of one link, and most packets of one block.
  static constexpr int kSessionsMax = 256;
  static constexpr int kPacketsMax = 256;

  uint8_t session = 0;        // of the requester's link
  uint16_t packets = 1;       // 1 to kPacketsMax
  uint16_t last_payload = 0;  // of the last packet; the others are full

  uint32_t Pack() const {
    return uint32_t{session} << 24 | static_cast<uint32_t>(packets - 1) << 16 | last_payload;
  }
  static BlockTag Unpack(uint32_t tag) {
    return {static_cast<uint8_t>(tag >> 24), static_cast<uint16_t>((tag >> 16 & 0xff) + 1),
            static_cast<uint16_t>(tag & 0xffff)};
  }
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_BLOCK_TAG_H_
