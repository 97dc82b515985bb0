// The frame of a JPEG and the state of its scans: which components are present, and their cost.
#pragma once

#include <array>
#include <span>

#include "image/container.h"
#include "image/file_bytes.h"
#include "image/jpeg_tables.h"

namespace masklet {

struct JpegComponent {
  uint8_t id = 0;
  uint32_t across = 0;  ///< sampling factors
  uint32_t down = 0;
  uint32_t quantization = 0;
  uint64_t blocks = 0;  ///< blocks with pixels: those of a scan of this component alone
  uint64_t interleavedBlocks =
      0;                        ///< blocks including padding: those of a scan of several components
  uint32_t visitsPerBlock = 0;  ///< by all scans so far
  bool begun = false;           ///< a scan has delivered its mean values
};

struct JpegScan {
  std::array<uint32_t, 4> order{};  ///< indices of components
  std::array<uint32_t, 4> dcTables{};
  std::array<uint32_t, 4> acTables{};
  uint32_t count = 0;
  uint32_t first = 0;  ///< coefficients, in zigzag order
  uint32_t last = 63;
  bool refines = false;  ///< sends one more bit of earlier coefficients
};

class JpegFrame {
 public:
  /// Reads the payload of SOF0, SOF1 or SOF2 (ITU T.81, B.2.2). Returns false if it is malformed.
  bool read(FileBytes payload, bool progressive, Container& container);
  /// Reads the payload of SOS (B.2.3) against this frame. Returns false if it is malformed.
  bool readScan(FileBytes payload, JpegScan& scan) const;
  /// Adds `scan` with its `dataBytes` and `restarts` markers. Returns damaged (a table is missing),
  /// truncated, tooCostly or complete.
  FileState add(const JpegScan& scan, const JpegTables& tables, uint64_t dataBytes,
                uint64_t restarts, uint32_t restartInterval);

  bool present() const { return count_ > 0; }
  bool progressive() const { return progressive_; }
  uint32_t componentCount() const { return count_; }
  /// Number of restart markers in a complete scan.
  uint64_t restartsOf(const JpegScan& scan, uint32_t restartInterval) const;
  /// Whether scans have delivered every component.
  bool allBegun() const;
  uint64_t largestBufferBytes() const;

 private:
  void layOut();
  uint64_t blocksOf(const JpegScan& scan, uint32_t k) const;
  uint64_t leastBits(const JpegScan& scan, const JpegTables& tables) const;
  bool hasTables(const JpegScan& scan, const JpegTables& tables) const;

  std::array<JpegComponent, 4> components_{};
  uint32_t count_ = 0;
  uint64_t width_ = 0;
  uint64_t height_ = 0;
  uint64_t units_ = 0;  ///< number of units of an interleaved scan
  uint64_t paddedPixels_ = 0;
  bool progressive_ = false;
};

}  // namespace masklet
