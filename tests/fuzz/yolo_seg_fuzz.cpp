// Raw network outputs of any content: decoding and mask assembly must keep to their buffers, give
// well-formed masks, and give the same with scalar and SIMD kernels. The first bytes choose the
// shapes, the rest are the floats.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "assemble/assemble_masks.h"
#include "decode/yolo_seg.h"
#include "mask/mask.h"
#include "simd/mask_kernels.h"
#include "tests/fuzz/fuzz_input.h"

namespace masklet {
namespace {

using fuzz::Input;
using fuzz::require;
using fuzz::sameBytes;

struct Results {
  Instances instances;
  MaskColumns masks;
};

struct Scene {
  bool endToEnd;
  uint32_t classCount;
  TensorView detections;
  TensorView prototypes;
  Letterbox letterbox;
  DecodeOptions options;

  void run(const MaskKernels& kernels, Results& results) const {
    const Status decoded =
        endToEnd
            ? decodeYoloSegEndToEnd(detections, prototypes, classCount, options, results.instances)
            : decodeYoloSeg(detections, prototypes, options, kernels, results.instances);
    require(decoded.ok());
    require(assembleMasks(results.instances, prototypeSource(prototypes), letterbox, true, kernels,
                          results.masks)
                .ok());
  }
};

void checkMasks(const MaskColumns& masks) {
  for (size_t i = 0; i < masks.count(); ++i) {
    const uint32_t begin = masks.runOffsets[i];
    require(validateMask({masks.rectsSrc[i],
                          masks.runs.span().subspan(begin, masks.runOffsets[i + 1] - begin)})
                .ok());
    require(masks.coverageOffsets[i + 1] - masks.coverageOffsets[i] == masks.rectsSrc[i].area());
  }
}

void fuzzOutputs(Input input) {
  Scene scene{};
  scene.endToEnd = input.below(2) != 0;
  scene.classCount = 1 + input.below(6);
  const uint32_t protoCount = 1 + input.below(5);
  const uint32_t rowCount = input.below(24);
  const std::array<uint32_t, 4> protoDims{1, protoCount, 1 + input.below(12), 1 + input.below(12)};
  const SizePx src{1 + static_cast<int32_t>(input.below(90)),
                   1 + static_cast<int32_t>(input.below(90))};
  const SizePx net{1 + static_cast<int32_t>(input.below(48)),
                   1 + static_cast<int32_t>(input.below(48))};
  require(makeLetterbox(src, net, static_cast<ResizeMode>(input.below(3)), scene.letterbox).ok());
  scene.options.scoreThreshold = static_cast<float>(input.below(256)) / 255;
  scene.options.iouThreshold = static_cast<float>(input.below(256)) / 255;
  scene.options.maxInstances = 1 + input.below(30);

  const uint32_t channels = (scene.endToEnd ? 6 : 4 + scene.classCount) + protoCount;
  const std::array<uint32_t, 3> dims{1, scene.endToEnd ? rowCount : channels,
                                     scene.endToEnd ? channels : rowCount};
  const std::vector<float> detections = input.floats(size_t{channels} * rowCount);
  const std::vector<float> prototypes =
      input.floats(size_t{protoCount} * protoDims[2] * protoDims[3]);
  require(makeTensorView(detections, dims, scene.detections).ok());
  require(makeTensorView(prototypes, protoDims, scene.prototypes).ok());

  Results simd;
  Results scalar;
  scene.run(simdMaskKernels(), simd);
  scene.run(scalarMaskKernels(), scalar);
  checkMasks(simd.masks);
  require(sameBytes(simd.instances.scores, scalar.instances.scores));
  require(sameBytes(simd.masks.rectsSrc, scalar.masks.rectsSrc));
  require(sameBytes(simd.masks.runs, scalar.masks.runs));
  require(sameBytes(simd.masks.coverage, scalar.masks.coverage));
}

}  // namespace
}  // namespace masklet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  masklet::fuzzOutputs(masklet::fuzz::Input(data, size));
  return 0;
}
