// From a network's mask outputs to masks at the image's own resolution, touching only what can be
// object.
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
  Buffer<RectPx> rectsSrc;      ///< crop of each mask; empty (all 0) when the box holds no pixel
  Buffer<uint32_t> runs;        ///< run lengths of all masks, one after the other (see MaskView)
  Buffer<uint32_t> runOffsets;  ///< count + 1 offsets into runs
  Buffer<uint32_t> areasPx;     ///< object pixels of each mask
  Buffer<uint8_t>
      coverage;  ///< soft masks, when asked for: round(255 * probability) per crop pixel
  Buffer<uint32_t> coverageOffsets;  ///< count + 1 offsets into coverage; all 0 without soft masks
  Buffer<float> stabilities;         ///< 0..1 with StableMasks, otherwise none

  size_t count() const { return rectsSrc.size(); }
  void clear();
};

/// Assembles the mask of every instance at the image's own resolution, as the source says
/// (MaskForm), within the letterbox's view: equal to the masks of the view's pixels alone, cut out,
/// and moved to where the view lies. What the forms share: only pixels that can be object are
/// looked at; a pixel's value is interpolated (bilinear, align_corners = False) at the exact
/// position of its center, in fp32; it is object where the value is greater than the threshold; NaN
/// is background. `soft` also writes the 8-bit coverage. For prototypes this is the
/// native-resolution assembly of Ultralytics (ops.process_mask_native) with the padding removed
/// fractionally.
///
/// Fails with badRank, badShape, badArgument (a form that does not exist; StableMasks for
/// another form than planes of open extent; a threshold that is not finite, or negative where there
/// is nothing beyond the planes), badSize (viaSize, letterbox), badIndex (a row that is no plane),
/// tooManyPixels (the soft crops together exceed 32 bits) or outOfMemory.
Status assembleMasks(const Instances& instances, const MaskSource& source,
                     const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                     MaskColumns& masks);

}  // namespace masklet
