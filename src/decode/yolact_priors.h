// The anchor boxes of YOLACT, for exports that do not give them.
#pragma once

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// The `count` priors of a network input of `net`: [count, 4], center and size as fractions of the
/// input, in the order of the network's rows: levels from fine to coarse, cells in reading order,
/// boxes of one cell last. Two released configurations are told apart by `count`: 3 boxes a cell
/// (yolact_base and its backbones; 19248 at 550 x 550) and 9 (yolact_plus). Scales of another input
/// size than 550 are scaled and cut to whole pixels, as yolact_im400 and yolact_im700 do for 3
/// boxes a cell. Source: YOLACT's PredictionModule.make_priors and data/config.py. Fails with
/// badShape (value: count) when neither configuration has so many, and outOfMemory.
Status makeYolactPriors(SizePx net, size_t count, Buffer<float>& priors);

}  // namespace masklet
