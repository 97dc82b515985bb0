// Reserves room for the masks of one image. Internal to src/assemble.
#pragma once

#include <algorithm>

#include "assemble/assemble_masks.h"

namespace masklet {

/// Sets the crops of `count` empty masks by `cropSrc(instance)`. It also reserves their coverage,
/// so that the coverage does not move while it is filled. Fails with tooManyPixels (the soft crops
/// together exceed 32 bits) or outOfMemory.
template <class CropSrc>
Status layOutMasks(size_t count, bool soft, CropSrc cropSrc, MaskColumns& masks) {
  MASKLET_TRY(masks.rectsSrc.resize(count));
  MASKLET_TRY(masks.areasPx.resize(count));
  MASKLET_TRY(masks.runOffsets.resize(count + 1));
  MASKLET_TRY(masks.coverageOffsets.resize(count + 1));
  uint64_t coveragePx = 0;
  for (size_t i = 0; i < count; ++i) {
    masks.rectsSrc[i] = cropSrc(i);
    masks.areasPx[i] = 0;
    masks.coverageOffsets[i] = static_cast<uint32_t>(coveragePx);
    if (soft) coveragePx += static_cast<uint64_t>(masks.rectsSrc[i].area());
    if (coveragePx > UINT32_MAX) return fail(StatusCode::tooManyPixels, coveragePx);
  }
  masks.coverageOffsets[count] = static_cast<uint32_t>(coveragePx);
  return masks.coverage.resize(static_cast<size_t>(coveragePx));
}

/// round(255 * probability).
inline uint8_t probabilityByte(float probability) {
  // Never negative: truncation rounds to nearest. False for NaN.
  const float level = probability > 0 ? std::min(probability * 255.0f, 255.0f) : 0.0f;
  return static_cast<uint8_t>(level + 0.5f);  // NOLINT(bugprone-incorrect-roundings)
}

}  // namespace masklet
