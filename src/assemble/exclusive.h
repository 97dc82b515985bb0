// Masks that compete for each pixel: the panoptic rule of DETR and MaskFormer.
#pragma once

#include "assemble/assemble_masks.h"
#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/letterbox.h"

namespace masklet {

/// The masks of a source with `exclusive.on` (see ExclusiveMasks), equal to compute_segments and
/// check_segment_validity of transformers' DETR image processor:
/// - value(k) = plane rows[k], interpolated at each source pixel; a pixel belongs to the instance
/// with the
///   greatest scores[k] * value(k), of equal ones to that with the lowest row. NaN never wins.
/// - An instance has no pixel when it owns none, when scores[k] * value(k) nowhere reaches the
/// threshold, or
///   when the pixels it owns are not more than minShare of those where it does.
/// - Then the hidden instances and those beyond maxInstances lose theirs.
/// The boxes do not matter. With `soft`, coverage is round(255 * value) of the pixels it owns and 0
/// elsewhere. Row by row: no float plane of the image's size is made. Fails as assembleMasks does,
/// with badArgument also for another form than planes or a viaSize, and badShape for `hidden` of a
/// wrong length.
Status assembleExclusive(const Instances& instances, const MaskSource& source,
                         const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                         MaskColumns& masks);

}  // namespace masklet
