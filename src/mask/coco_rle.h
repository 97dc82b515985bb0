// Converts masks to and from the run lengths of COCO (uncompressed counts and the compressed
// string), byte for byte as pycocotools.
//
// COCO counts run down the columns of the whole image. Background and object alternate, background
// first. The column-major runs of a crop come directly from its row-major runs: a pixel that
// differs from the one above it is a boundary in its column. This works without a bitmap, in time
// proportional to the outline of the object, not to the image.
#pragma once

#include <string_view>

#include "mask/mask.h"

namespace masklet {

/// The run lengths of the transposed mask: `runs` go along the rows of a `width` x `height` frame,
/// `transposed` along its columns. O(runs of both + height). The runs must add up to width *
/// height. Fails with outOfMemory.
Status transposeRuns(std::span<const uint32_t> runs, SizePx size, Buffer<uint32_t>& transposed);

/// COCO counts of `mask` in an image of `sizeSrc`; parts of the mask outside the image are dropped.
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
/// the offset of the first bad character: one outside '0'..'o', a number of more than 7 groups, a
/// truncated number (offset = length of `text`), or a count outside [0, 2^32) (offset of its first
/// character).
Status cocoCountsFromString(std::string_view text, Buffer<uint32_t>& counts);

}  // namespace masklet
