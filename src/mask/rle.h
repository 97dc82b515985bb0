// Creates, crops, moves and combines masks on their runs.
//
// Every MaskView must pass validateMask; the functions do not check it again. Outputs may share
// storage with inputs: a result is complete before it replaces the output's old value.
#pragma once

#include "core/view.h"
#include "mask/mask.h"

namespace masklet {

/// The operation that combines two masks. The numbers cross the wasm boundary.
enum class MergeOp : uint32_t {
  unite = 0,      ///< in a or in b
  intersect = 1,  ///< in a and in b
  subtract = 2,   ///< in a and not in b
  exclude = 3,    ///< in exactly one of the two
};

/// The mask of the pixels with value >= `threshold` (0..255; 1 selects all nonzero pixels, 128
/// splits 8-bit coverage in half). The mask's rectangle covers `pixels`, with the top left corner
/// at (`x`, `y`) of the source. Fails with badArgument (threshold above 255, or more than one
/// channel), badSize (see validateMask) or outOfMemory.
Status maskFromPixels(const ImageView<const uint8_t>& pixels, int32_t x, int32_t y,
                      uint32_t threshold, Mask& mask);

/// Writes `value` into the pixels of `canvas` under the object; all others stay. The top left
/// corner of `canvas` is at (`x`, `y`) of the source; object pixels outside it are skipped. Fails
/// with badArgument if `canvas` has more than one channel.
Status maskToPixels(const MaskView& mask, int32_t x, int32_t y, const ImageView<uint8_t>& canvas,
                    uint8_t value);

/// Shrinks the rectangle to the object, in place. An empty object gets the empty rectangle {0, 0,
/// 0, 0} without runs. Never fails.
void trimMask(Mask& mask);

/// Moves the mask. Fails with badSize if it would leave the range of validateMask; the mask is then
/// unchanged.
Status translate(Mask& mask, int32_t dx, int32_t dy);

/// The same object in another rectangle: pixels outside `rectSrc` are dropped, and pixels outside
/// the rectangle of `mask` are background. Fails with badSize (see validateMask) or outOfMemory.
Status reframe(const MaskView& mask, RectPx rectSrc, Mask& framed);

/// Whether source pixel (`x`, `y`) belongs to the object. O(runs).
bool contains(const MaskView& mask, int32_t x, int32_t y);

/// Combines two masks of any rectangles; the result is trimmed. O(runs + rows).
/// Fails with badArgument (unknown op), badSize (the result would be wider or taller than
/// kMaxSidePx) or outOfMemory.
Status merge(const MaskView& a, const MaskView& b, MergeOp op, Mask& merged);

/// ((m0 op m1) op m2) ...; a single mask is trimmed; an empty list gives the empty mask. Fails as
/// merge does.
Status mergeMany(std::span<const MaskView> masks, MergeOp op, Mask& merged);

}  // namespace masklet
