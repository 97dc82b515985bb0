// Making, cropping, moving and combining masks, all on their runs.
//
// Every function that takes a MaskView expects one that validateMask accepts, and checks it no
// further. Outputs may share storage with the inputs: a result is complete before it replaces what
// the output held.
#pragma once

#include "core/view.h"
#include "mask/mask.h"

namespace masklet {

/// How two masks are combined. The numbers cross the wasm boundary.
enum class MergeOp : uint32_t {
  unite = 0,      ///< in a or in b
  intersect = 1,  ///< in a and in b
  subtract = 2,   ///< in a and not in b
  exclude = 3,    ///< in exactly one of the two
};

/// The mask of the pixels with value >= `threshold` (0..255; 1 takes all that are not zero, 128
/// cuts 8-bit coverage in half). The mask's rectangle is the whole of `pixels`, its left top corner
/// at (`x`, `y`) of the source. Fails with badArgument (threshold above 255, or `pixels` not of one
/// channel), badSize (see validateMask) or outOfMemory.
Status maskFromPixels(const ImageView<const uint8_t>& pixels, int32_t x, int32_t y,
                      uint32_t threshold, Mask& mask);

/// Writes `value` into the pixels of `canvas` that lie under the object and leaves all others as
/// they are. The left top corner of `canvas` is at (`x`, `y`) of the source; what lies outside it
/// is skipped. Fails with badArgument when `canvas` is not of one channel.
Status maskToPixels(const MaskView& mask, int32_t x, int32_t y, const ImageView<uint8_t>& canvas,
                    uint8_t value);

/// Cuts the rectangle down to the object; an empty object gives the empty rectangle {0, 0, 0, 0}
/// without runs. In place, never fails.
void trimMask(Mask& mask);

/// Moves the mask. Fails with badSize when it would leave the range of validateMask; the mask is
/// then as before.
Status translate(Mask& mask, int32_t dx, int32_t dy);

/// The same object seen through another rectangle: what lies outside `rectSrc` is cut off, what
/// `mask` does not cover is background. Fails with badSize (see validateMask) or outOfMemory.
Status reframe(const MaskView& mask, RectPx rectSrc, Mask& framed);

/// True when source pixel (`x`, `y`) belongs to the object. O(runs).
bool contains(const MaskView& mask, int32_t x, int32_t y);

/// Combines two masks of any rectangles; the result is trimmed. O(runs + rows).
/// Fails with badArgument (unknown op), badSize (the result would be wider or taller than
/// kMaxSidePx) or outOfMemory.
Status merge(const MaskView& a, const MaskView& b, MergeOp op, Mask& merged);

/// ((m0 op m1) op m2) ...; one mask gives itself trimmed, none gives the empty mask. Fails as merge
/// does.
Status mergeMany(std::span<const MaskView> masks, MergeOp op, Mask& merged);

}  // namespace masklet
