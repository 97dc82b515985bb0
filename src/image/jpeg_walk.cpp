// JPEG: ITU T.81 annex B, from SOI to EOI; EXIF in APP1 (JEITA CP-3451).
#include <array>
#include <cstring>

#include "core/limits.h"
#include "image/container_walks.h"
#include "image/jpeg_frame.h"
#include "image/jpeg_tables.h"

namespace masklet {

namespace {

constexpr std::array<uint8_t, 6> kExifHeader{'E', 'x', 'i', 'f', 0, 0};
constexpr std::array<uint8_t, 6> kAdobeHeader{'A', 'd', 'o', 'b', 'e', 0};

enum Marker : uint8_t {
  kBaseline = 0xC0,
  kExtended = 0xC1,
  kProgressive = 0xC2,
  kHuffmanTables = 0xC4,
  kRestartFirst = 0xD0,
  kRestartLast = 0xD7,
  kEndOfImage = 0xD9,
  kStartOfScan = 0xDA,
  kQuantizationTables = 0xDB,
  kNumberOfLines = 0xDC,
  kRestartInterval = 0xDD,
  kApp0 = 0xE0,
  kApp1 = 0xE1,
  kApp14 = 0xEE,
  kApp15 = 0xEF,
  kComment = 0xFE,
};

/// Offset of the next marker's code at or after `at` (a byte that is neither 0, nor 0xFF, after a
/// 0xFF); the size if no marker follows.
size_t findMarker(FileBytes file, size_t at) {
  while (at < file.size()) {
    const void* found = std::memchr(file.data() + at, 0xFF, file.size() - at);
    if (found == nullptr) return file.size();
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - file.data()) + 1;
    while (at < file.size() && file[at] == 0xFF) ++at;
    if (at < file.size() && file[at] != 0) return at;
  }
  return file.size();
}

bool restarts(uint8_t marker) {
  return marker >= kRestartFirst && marker <= kRestartLast;
}

/// The entropy-coded data of a scan.
struct ScanData {
  size_t end = 0;  ///< end of the data and its restart markers; the size if nothing follows
  uint64_t restartCount = 0;
  bool endsWithRestart = false;  ///< a restart marker directly precedes the marker after the data
};

ScanData walkScan(FileBytes file, size_t at) {
  ScanData data;
  for (at = findMarker(file, at); at < file.size() && restarts(file[at]);
       at = findMarker(file, at + 1)) {
    ++data.restartCount;
    data.endsWithRestart = at + 1 < file.size() && file[at + 1] == 0xFF;
  }
  data.end = at;
  return data;
}

class JpegWalk {
 public:
  JpegWalk(FileBytes file, Container& container) : file_(file), container_(container) {}

  FileState run() {
    constexpr size_t kStartOfImage = 2;
    size_t at = kStartOfImage;
    for (size_t code = findMarker(file_, at); code < file_.size(); code = findMarker(file_, at)) {
      // stb_image searches for a marker before the frame and after a scan. Elsewhere, bytes between
      // segments silently end its work.
      if (frame_.present() && !afterScan_ && file_[at] != 0xFF) stopped_ = true;
      afterScan_ = false;
      if (file_[code] == kEndOfImage) return atEnd();
      at = code + 1;
      if (file_.size() - at < 2) break;
      const size_t length = bigEndian16(file_, at);
      if (length < 2) return FileState::damaged;
      if (length > file_.size() - at) break;
      const FileState state = segment(file_[code], file_.subspan(at + 2, length - 2));
      if (state != FileState::complete) return state;
      at = afterScan_ ? scanEnd_ : at + length;
      if (at >= file_.size()) break;
    }
    return frame_.present() ? FileState::truncated : FileState::damaged;
  }

 private:
  FileState atEnd() {
    if (!frame_.present()) return FileState::damaged;
    if (!frame_.allBegun()) return FileState::truncated;
    // Its coefficients become pixels only at the end.
    if (frame_.progressive() && stopped_) return FileState::damaged;
    container_.largestBufferBytes = frame_.largestBufferBytes();
    container_.inks = frame_.componentCount() == 4;
    return FileState::complete;
  }

  FileState segment(uint8_t marker, FileBytes payload) {
    const auto wellFormed = [](bool right) {
      return right ? FileState::complete : FileState::damaged;
    };
    switch (marker) {
      case kBaseline:
      case kExtended:
      case kProgressive:
        return wellFormed(!frame_.present() &&
                          frame_.read(payload, marker == kProgressive, container_));
      case kHuffmanTables:
        return withinBudget(tables_.readHuffman(payload));
      case kQuantizationTables:
        return withinBudget(tables_.readQuantization(payload));
      case kRestartInterval:
        if (payload.size() == 2) restartInterval_ = bigEndian16(payload, 0);
        return wellFormed(payload.size() == 2);
      case kStartOfScan:
        return scan(payload);
      case kNumberOfLines:
        return wellFormed(frame_.present());
      default:
        if (marker >= kApp0 && marker <= kApp15) application(marker, payload);
        return wellFormed((marker >= kApp0 && marker <= kApp15) || marker == kComment);
    }
  }

  FileState withinBudget(bool read) const {
    if (!read) return FileState::damaged;
    return tables_.defined > limits::kMaxJpegTables ? FileState::tooCostly : FileState::complete;
  }

  void application(uint8_t marker, FileBytes payload) {
    constexpr size_t kTransform = 11;  // after the name, a version and two words of flags
    if (marker == kApp1 && container_.exif.empty() && startsWith(payload, kExifHeader))
      container_.exif = payload.subspan(kExifHeader.size());
    if (marker == kApp14 && payload.size() > kTransform && startsWith(payload, kAdobeHeader)) {
      container_.adobeTransformAt = static_cast<size_t>(payload.data() - file_.data()) + kTransform;
    }
  }

  FileState scan(FileBytes payload) {
    JpegScan scan;
    if (!frame_.present() || !frame_.readScan(payload, scan)) return FileState::damaged;
    const auto begin = static_cast<size_t>(payload.data() - file_.data()) + payload.size();
    const ScanData data = walkScan(file_, begin);
    if (data.end >= file_.size()) return FileState::truncated;
    scanEnd_ = data.end - 1;
    afterScan_ = true;
    if (stopped_) return FileState::complete;
    const uint64_t wanted = frame_.restartsOf(scan, restartInterval_);
    // stb_image skips one restart marker too many if another marker follows directly.
    if (data.restartCount > wanted + (data.endsWithRestart ? 1 : 0)) stopped_ = true;
    return frame_.add(scan, tables_, scanEnd_ - begin, data.restartCount, restartInterval_);
  }

  FileBytes file_;
  Container& container_;
  JpegFrame frame_;
  JpegTables tables_;
  uint32_t restartInterval_ = 0;
  bool afterScan_ = false;
  bool stopped_ = false;  ///< stb_image stops reading here
  size_t scanEnd_ = 0;    ///< offset of the marker after the last scan
};

}  // namespace

void walkJpeg(FileBytes file, Container& container) {
  container.state = JpegWalk(file, container).run();
}

}  // namespace masklet
