// The anchor boxes of YOLACT, for exports without them.
#pragma once

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// The `count` priors of a network input of `net`: [count, 4], center and size as fractions of the
/// input, in the order of the network's rows: levels from fine to coarse, cells in reading order,
/// boxes of one cell last. `count` identifies one of two released configurations: 3 boxes a cell
/// (yolact_base and its backbones; 19248 at 550 x 550) and 9 (yolact_plus). For input sizes other
/// than 550, scales are scaled and truncated to whole pixels, as yolact_im400 and yolact_im700 do
/// for 3 boxes a cell. Source: YOLACT's PredictionModule.make_priors and data/config.py. Fails with
/// badShape (value: count) if `count` fits neither configuration, and outOfMemory.
Status makeYolactPriors(SizePx net, size_t count, Buffer<float>& priors);

}  // namespace masklet
