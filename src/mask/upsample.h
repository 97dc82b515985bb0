// From prototypes and coefficients to masks at the picture's own resolution, touching only what lies inside
// each box.
#pragma once

#include "core/instances.h"
#include "core/letterbox.h"
#include "core/view.h"
#include "mask/mask.h"
#include "mask/mask_source.h"

namespace masklet {

struct MaskKernels;

/// The masks of one picture: row k belongs to instance k.
struct MaskColumns {
  Buffer<RectPx> rectsSrc;      ///< crop of each mask; empty (all 0) when the box holds no pixel
  Buffer<uint32_t> runs;        ///< run lengths of all masks, one after the other (see MaskView)
  Buffer<uint32_t> runOffsets;  ///< count + 1 offsets into runs
  Buffer<uint32_t> areasPx;     ///< object pixels of each mask
  Buffer<uint8_t> coverage;     ///< soft masks, when asked for: round(255 * sigmoid(logit)) per crop pixel
  Buffer<uint32_t> coverageOffsets;  ///< count + 1 offsets into coverage; all 0 without soft masks

  size_t count() const { return rectsSrc.size(); }
  void clear();
};

/// Assembles the mask of every instance. Inside the box crop only: logits = prototypes . coefficients at
/// prototype resolution (fp32), bilinear (align_corners = False, clamped at the plane's edge) at the exact
/// position of each source pixel's centre, object where logit > 0; a NaN logit is background. `soft` also
/// writes the 8-bit coverage. `prototypes` is [1, P, h, w] with P = coefficientCount. This is the
/// native-resolution assembly of Ultralytics (ops.process_mask_native) with the padding removed fractionally.
/// Fails with badRank, badShape, tooManyPixels (the soft crops together exceed 32 bits) or outOfMemory.
Status assembleMasks(const Instances& instances, const MaskSource& source, const Letterbox& letterbox,
                     bool soft, const MaskKernels& kernels, MaskColumns& masks);

}  // namespace masklet
