#include "image/jpeg_frame.h"

#include <algorithm>

#include "core/limits.h"

namespace masklet {

namespace {

constexpr uint64_t kBlockPx = 8;

uint64_t ceilDivided(uint64_t value, uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace

bool JpegFrame::read(FileBytes payload, bool progressive, Container& container) {
  constexpr size_t kHead = 6;  // precision, height, width, count
  if (payload.size() < kHead) return false;
  height_ = container.heightPx = bigEndian16(payload, 1);
  width_ = container.widthPx = bigEndian16(payload, 3);
  const uint32_t count = payload[5];
  const bool knownCount = count == 1 || count == 3 || count == 4;
  if (payload[0] != 8 || !knownCount || payload.size() != kHead + 3 * count || width_ == 0 ||
      height_ == 0)
    return false;
  for (uint32_t k = 0; k < count; ++k) {
    const FileBytes entry = payload.subspan(kHead + 3 * k, 3);
    JpegComponent& component = components_[k];
    component.id = entry[0];
    component.across = entry[1] >> 4;
    component.down = entry[1] & 15;
    component.quantization = entry[2];
    if (component.across < 1 || component.across > 4 || component.down < 1 || component.down > 4 ||
        component.quantization > 3)
      return false;
  }
  count_ = count;
  progressive_ = progressive;
  layOut();
  return true;
}

void JpegFrame::layOut() {
  uint64_t across = 1;
  uint64_t down = 1;
  for (uint32_t k = 0; k < count_; ++k) {
    across = std::max<uint64_t>(across, components_[k].across);
    down = std::max<uint64_t>(down, components_[k].down);
  }
  const uint64_t unitsAcross = ceilDivided(width_, kBlockPx * across);
  const uint64_t unitsDown = ceilDivided(height_, kBlockPx * down);
  units_ = unitsAcross * unitsDown;
  paddedPixels_ = units_ * across * down * kBlockPx * kBlockPx;
  for (uint32_t k = 0; k < count_; ++k) {
    JpegComponent& component = components_[k];
    component.blocks = ceilDivided(ceilDivided(width_ * component.across, across), kBlockPx) *
                       ceilDivided(ceilDivided(height_ * component.down, down), kBlockPx);
    component.interleavedBlocks = units_ * component.across * component.down;
  }
}

bool JpegFrame::readScan(FileBytes payload, JpegScan& scan) const {
  if (payload.empty()) return false;
  scan.count = payload[0];
  if (scan.count < 1 || scan.count > count_ || payload.size() != 4 + 2 * scan.count) return false;
  uint32_t seen = 0;
  for (uint32_t k = 0; k < scan.count; ++k) {
    const uint8_t id = payload[1 + 2 * k];
    const auto found = std::find_if(components_.begin(), components_.begin() + count_,
                                    [id](const JpegComponent& one) { return one.id == id; });
    scan.order[k] = static_cast<uint32_t>(found - components_.begin());
    scan.dcTables[k] = payload[2 + 2 * k] >> 4;
    scan.acTables[k] = payload[2 + 2 * k] & 15;
    const uint32_t bit = 1u << scan.order[k];
    if (scan.order[k] == count_ || (seen & bit) != 0 || scan.dcTables[k] > 3 ||
        scan.acTables[k] > 3)
      return false;
    seen |= bit;
  }
  if (!progressive_) return true;
  const FileBytes range = payload.subspan(1 + 2 * scan.count, 3);
  scan.first = range[0];
  scan.last = range[1];
  scan.refines = range[2] >> 4 != 0;
  // Mean values (coefficient 0) have separate scans; all other scans have one component.
  return scan.first == 0 ? scan.last == 0
                         : scan.last <= 63 && scan.first <= scan.last && scan.count == 1;
}

uint64_t JpegFrame::blocksOf(const JpegScan& scan, uint32_t k) const {
  const JpegComponent& component = components_[scan.order[k]];
  return scan.count == 1 ? component.blocks : component.interleavedBlocks;
}

uint64_t JpegFrame::restartsOf(const JpegScan& scan, uint32_t restartInterval) const {
  const uint64_t units = scan.count == 1 ? blocksOf(scan, 0) : units_;
  return restartInterval == 0 ? 0 : (units - 1) / restartInterval;
}

bool JpegFrame::hasTables(const JpegScan& scan, const JpegTables& tables) const {
  for (uint32_t k = 0; k < scan.count; ++k) {
    const bool dc = scan.first == 0 && !scan.refines;
    const bool ac = !progressive_ || scan.first > 0;
    if (dc && tables.dcBits[scan.dcTables[k]] == 0) return false;
    if (ac && tables.acBits[scan.acTables[k]] == 0) return false;
    if (!tables.quantization[components_[scan.order[k]].quantization]) return false;
  }
  return true;
}

/// A run of ended blocks makes the other coefficients of a progressive file almost free.
uint64_t JpegFrame::leastBits(const JpegScan& scan, const JpegTables& tables) const {
  uint64_t bits = 0;
  for (uint32_t k = 0; k < scan.count; ++k) {
    if (scan.first > 0) continue;
    uint64_t block = scan.refines ? 1 : tables.dcBits[scan.dcTables[k]];
    if (!progressive_) block += tables.acBits[scan.acTables[k]];
    bits += block * blocksOf(scan, k);
  }
  return bits;
}

FileState JpegFrame::add(const JpegScan& scan, const JpegTables& tables, uint64_t dataBytes,
                         uint64_t restarts, uint32_t restartInterval) {
  if (!hasTables(scan, tables)) return FileState::damaged;
  if (8 * dataBytes < leastBits(scan, tables) || restarts < restartsOf(scan, restartInterval))
    return FileState::truncated;
  for (uint32_t k = 0; k < scan.count; ++k) {
    JpegComponent& component = components_[scan.order[k]];
    component.visitsPerBlock += scan.last - scan.first + 1 + limits::kJpegScanOverhead;
    if (component.visitsPerBlock > limits::kMaxJpegVisitsPerBlock) return FileState::tooCostly;
    component.begun |= scan.first == 0 && !scan.refines;
  }
  return FileState::complete;
}

bool JpegFrame::allBegun() const {
  return std::all_of(components_.begin(), components_.begin() + count_,
                     [](const JpegComponent& component) { return component.begun; });
}

uint64_t JpegFrame::largestBufferBytes() const {
  constexpr uint64_t kRgba = 4;
  constexpr uint64_t kCoefficient = 2;
  const uint64_t planes = paddedPixels_ * (progressive_ ? kCoefficient : 1);
  return std::max(planes, kRgba * width_ * height_);
}

}  // namespace masklet
