// Assembles a network's mask outputs into masks at the image's own resolution. It visits only
// pixels that can be object.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/letterbox.h"
#include "core/view.h"
#include "mask/mask.h"

namespace masklet {

struct MaskKernels;

/// The masks of one image: row k belongs to instance k.
struct MaskColumns {
  Buffer<RectPx> rectsSrc;           ///< crop of each mask; all 0 if the box holds no pixel
  Buffer<uint32_t> runs;             ///< run lengths of all masks, one after another (see MaskView)
  Buffer<uint32_t> runOffsets;       ///< count + 1 offsets into runs
  Buffer<uint32_t> areasPx;          ///< object pixels of each mask
  Buffer<uint8_t> coverage;          ///< soft masks only: round(255 * probability) per crop pixel
  Buffer<uint32_t> coverageOffsets;  ///< count + 1 offsets into coverage; all 0 without soft masks
  Buffer<float> stabilities;         ///< 0..1; empty without StableMasks

  size_t count() const { return rectsSrc.size(); }
  void clear();
};

/// Assembles the mask of every instance at the image's own resolution, in the source's form
/// (MaskForm). The result equals the masks of the letterbox's view alone, moved to the view's
/// position. In every form, a pixel's value is interpolated (bilinear, align_corners = False) at
/// the exact position of its center, in fp32. The pixel is object if the value is above the
/// threshold; NaN is background. `soft` also writes the 8-bit coverage. For prototypes, this is the
/// native-resolution assembly of Ultralytics (ops.process_mask_native), with the padding removed
/// fractionally.
///
/// Fails with badRank, badShape, badArgument (an unknown form; StableMasks with a form other than
/// planes without a box; a threshold that is not finite, or that is negative with croppedPrototypes
/// or boxPlanes), badSize (viaSize, letterbox), badIndex (a row beyond the planes), tooManyPixels
/// (the soft crops together exceed 32 bits) or outOfMemory.
Status assembleMasks(const Instances& instances, const MaskSource& source,
                     const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                     MaskColumns& masks);

}  // namespace masklet
