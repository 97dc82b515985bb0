// The Huffman and quantization tables of a JPEG: the parts that bound the size of its data.
#pragma once

#include <array>

#include "image/file_bytes.h"

namespace masklet {

/// Minimum number of bits of a block's DC and AC parts under each defined table; 0 without a table.
struct JpegTables {
  std::array<uint32_t, 4> dcBits{};
  std::array<uint32_t, 4> acBits{};
  std::array<bool, 4> quantization{};
  uint32_t defined = 0;  ///< number of tables so far, including redefinitions

  /// Reads the payload of a DHT segment (ITU T.81, B.2.4.2). Returns false if it is malformed.
  bool readHuffman(FileBytes payload);
  /// Reads the payload of a DQT segment (B.2.4.1). Returns false if it is malformed.
  bool readQuantization(FileBytes payload);
};

}  // namespace masklet
