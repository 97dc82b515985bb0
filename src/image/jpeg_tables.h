// The Huffman and quantization tables of a JPEG, as far as they say what its data must cost.
#pragma once

#include <array>

#include "image/file_bytes.h"

namespace masklet {

/// The least bits that one thing of a block can take in the tables defined so far; 0: no table.
struct JpegTables {
  std::array<uint32_t, 4> dcBits{};
  std::array<uint32_t, 4> acBits{};
  std::array<bool, 4> quantization{};
  uint32_t defined = 0;  ///< tables so far, redefinitions as well

  /// Reads the payload of a DHT segment (ITU T.81, B.2.4.2); false when it is malformed.
  bool readHuffman(FileBytes payload);
  /// Reads the payload of a DQT segment (B.2.4.1); false when it is malformed.
  bool readQuantization(FileBytes payload);
};

}  // namespace masklet
