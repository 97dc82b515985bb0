// Masks to and from the run lengths of the COCO data set (uncompressed counts and the compressed
// string), equal to pycocotools byte for byte.
//
// COCO counts run down the columns of the whole image, alternately background and object, beginning
// with background. The column-major runs of a crop are found from its row-major runs directly: a
// pixel that differs from the one above it is a boundary in its column. No bitmap is made, and the
// work grows with the outline of the object, not with the image.
#pragma once

#include <string_view>

#include "mask/mask.h"

namespace masklet {

/// The run lengths of the transposed mask: `runs` go along the rows of a `width` x `height` frame,
/// `transposed` along its columns. O(runs of both + height). Expects runs that add up to width *
/// height; fails with outOfMemory.
Status transposeRuns(std::span<const uint32_t> runs, SizePx size, Buffer<uint32_t>& transposed);

/// COCO counts of `mask` in an image of `sizeSrc`; parts of the mask outside the image are cut off.
/// Fails with badSize (a side outside [1, kMaxSidePx]) or outOfMemory.
Status cocoCountsFromMask(const MaskView& mask, SizePx sizeSrc, Buffer<uint32_t>& counts);

/// The mask, trimmed, of COCO counts. Counts of 0 are accepted anywhere, as pycocotools does.
/// Fails with badSize (a side outside [1, kMaxSidePx]), badRuns (the counts do not add up to width
/// * height) or outOfMemory.
Status maskFromCocoCounts(std::span<const uint32_t> counts, SizePx sizeSrc, Mask& mask);

/// The compressed string of pycocotools (`counts` in result files): from the third count on the
/// difference to the count two before, as signed little-endian groups of five bits, bit 5 = more
/// groups follow, plus 48 (rleToString in cocoapi's maskApi.c). Fails with outOfMemory.
Status cocoStringFromCounts(std::span<const uint32_t> counts, Buffer<char>& text);

/// Inverse of cocoStringFromCounts (rleFrString). Fails with outOfMemory, or with badRleString and
/// the offset of the first bad character: one outside '0'..'o', a number of more than 7 groups or
/// cut short (offset = length of `text`), or a count outside [0, 2^32) (offset of its first
/// character).
Status cocoCountsFromString(std::string_view text, Buffer<uint32_t>& counts);

}  // namespace masklet
