#include "image/exif_orientation.h"

#include <algorithm>
#include <cstring>

namespace masklet {

namespace {

constexpr size_t kPixelBytes = 4;

/// Reads numbers of a TIFF block in its byte order. Outside the block it reads 0, which is invalid
/// for every field here.
class TiffReader {
 public:
  explicit TiffReader(std::span<const uint8_t> tiff) : tiff_(tiff) {
    if (tiff.size() < 8) return;
    bigEndian_ = tiff[0] == 'M' && tiff[1] == 'M';
    const bool littleEndian = tiff[0] == 'I' && tiff[1] == 'I';
    valid_ = (bigEndian_ || littleEndian) && u16(2) == 42;
  }

  bool valid() const { return valid_; }

  uint32_t u16(size_t at) const {
    if (at > tiff_.size() || tiff_.size() - at < 2) return 0;
    return bigEndian_ ? uint32_t{tiff_[at]} << 8 | tiff_[at + 1]
                      : uint32_t{tiff_[at + 1]} << 8 | tiff_[at];
  }
  uint32_t u32(size_t at) const {
    return bigEndian_ ? u16(at) << 16 | u16(at + 2) : u16(at + 2) << 16 | u16(at);
  }

 private:
  std::span<const uint8_t> tiff_;
  bool bigEndian_ = false;
  bool valid_ = false;
};

bool swapsSides(Orientation orientation) {
  return orientation >= Orientation::leftTop;
}

/// Byte offset of the upright pixel (x, y) in the stored image: first + x * alongX + y * alongY.
struct Walk {
  ptrdiff_t first;
  ptrdiff_t alongX;
  ptrdiff_t alongY;
};

Walk makeWalk(SizePx stored, ptrdiff_t rowBytes, Orientation orientation) {
  constexpr ptrdiff_t pixel = kPixelBytes;
  const ptrdiff_t right = (stored.width - 1) * pixel;
  const ptrdiff_t bottom = (stored.height - 1) * rowBytes;
  switch (orientation) {
    case Orientation::topLeft:
      break;
    case Orientation::topRight:
      return {right, -pixel, rowBytes};
    case Orientation::bottomRight:
      return {bottom + right, -pixel, -rowBytes};
    case Orientation::bottomLeft:
      return {bottom, pixel, -rowBytes};
    case Orientation::leftTop:
      return {0, rowBytes, pixel};
    case Orientation::rightTop:
      return {bottom, -rowBytes, pixel};
    case Orientation::rightBottom:
      return {bottom + right, -rowBytes, -pixel};
    case Orientation::leftBottom:
      return {right, rowBytes, -pixel};
  }
  return {0, pixel, rowBytes};
}

/// Copies the tile of upright pixels [x0, x1) x [y0, y1).
void copyTile(const uint8_t* stored, const Walk& walk, RectPx tile, uint8_t* upright,
              size_t uprightWidth) {
  for (int32_t y = tile.y; y < tile.y + tile.height; ++y) {
    uint8_t* to = upright + kPixelBytes * (static_cast<size_t>(y) * uprightWidth +
                                           static_cast<size_t>(tile.x));
    ptrdiff_t from = walk.first + tile.x * walk.alongX + y * walk.alongY;
    for (int32_t x = 0; x < tile.width; ++x, to += kPixelBytes, from += walk.alongX)
      std::memcpy(to, stored + from, kPixelBytes);
  }
}

}  // namespace

Orientation readOrientation(std::span<const uint8_t> tiff) {
  constexpr uint32_t kOrientationTag = 0x0112;
  constexpr uint32_t kShort = 3;
  constexpr size_t kEntryBytes = 12;
  const TiffReader reader(tiff);
  if (!reader.valid()) return Orientation::topLeft;
  const size_t directory = reader.u32(4);
  if (directory >= tiff.size()) return Orientation::topLeft;
  const size_t entries = reader.u16(directory);
  for (size_t entry = 0; entry < entries; ++entry) {
    const size_t at = directory + 2 + kEntryBytes * entry;
    if (at >= tiff.size()) break;
    if (reader.u16(at) != kOrientationTag) continue;
    const uint32_t value = reader.u16(at + 8);
    const bool wellFormed =
        reader.u16(at + 2) == kShort && reader.u32(at + 4) == 1 && value >= 1 && value <= 8;
    return wellFormed ? static_cast<Orientation>(value) : Orientation::topLeft;
  }
  return Orientation::topLeft;
}

SizePx orientedSize(SizePx stored, Orientation orientation) {
  return swapsSides(orientation) ? SizePx{stored.height, stored.width} : stored;
}

Status applyOrientation(ImageView<const uint8_t> stored, Orientation orientation,
                        Buffer<uint8_t>& upright) {
  if (stored.channels != static_cast<int32_t>(kPixelBytes))
    return fail(StatusCode::badArgument, stored.channels);
  constexpr int32_t kTilePx =
      32;  // a rotated walk touches one stored row per pixel, so a tile keeps them in the L1 cache
  const SizePx size = orientedSize(stored.size(), orientation);
  const auto width = static_cast<size_t>(size.width);
  MASKLET_TRY(upright.resize(kPixelBytes * width * static_cast<size_t>(size.height)));
  const Walk walk = makeWalk(stored.size(), static_cast<ptrdiff_t>(stored.rowStride), orientation);
  for (int32_t y = 0; y < size.height; y += kTilePx) {
    for (int32_t x = 0; x < size.width; x += kTilePx) {
      const RectPx tile{x, y, std::min(kTilePx, size.width - x),
                        std::min(kTilePx, size.height - y)};
      copyTile(stored.data, walk, tile, upright.data(), width);
    }
  }
  return okStatus();
}

}  // namespace masklet
