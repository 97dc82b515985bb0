// Masks that compete for each pixel: the panoptic rule of DETR and MaskFormer.
#pragma once

#include "assemble/assemble_masks.h"
#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/letterbox.h"

namespace masklet {

/// The masks of a source with `exclusive.on` (see ExclusiveMasks), equal to compute_segments and
/// check_segment_validity of transformers' DETR image processor:
/// - value(k) = plane rows[k], interpolated at each source pixel. A pixel belongs to the instance
///   with the maximum scores[k] * value(k). On a tie, the lowest row wins. NaN never wins.
/// - An instance loses its pixels if scores[k] * value(k) never reaches the threshold, or if it
///   owns at most minShare of the pixels where it does.
/// - Then the hidden instances, and those beyond maxInstances, lose their pixels.
///
/// Boxes are ignored. With `soft`, coverage is round(255 * value) of the owned pixels and 0
/// elsewhere. It works row by row, without a float plane of the image's size. Fails as
/// assembleMasks does. It also fails with badArgument for a form other than planes or for a
/// viaSize, and with badShape for `hidden` of a wrong length.
Status assembleExclusive(const Instances& instances, const MaskSource& source,
                         const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                         MaskColumns& masks);

}  // namespace masklet
