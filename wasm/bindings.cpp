// Registers everything that TypeScript sees, in one list, without logic.
#include <emscripten/bind.h>

#include "wasm/decode_stage.h"
#include "wasm/image_stage.h"
#include "wasm/mask_stage.h"

using namespace masklet;

#define METHOD(name) .function(#name, &Bound::name)
// Methods of the base class, which is not registered itself.
#define METHOD_OF_STAGE(name, Type) .function(#name, static_cast<Type>(&Bound::name))
#define FIELD(name) .field(#name, &Bound::name)

// clang-format off: one line per name.
EMSCRIPTEN_BINDINGS(masklet_values) {
  using Triple = std::array<float, 3>;
  emscripten::value_array<Triple>("Triple")
      .element(emscripten::index<0>())
      .element(emscripten::index<1>())
      .element(emscripten::index<2>());
  {
    using Bound = Geometry;
    emscripten::value_object<Bound>("Geometry")
        FIELD(srcWidth)
        FIELD(srcHeight)
        FIELD(viewX)
        FIELD(viewY)
        FIELD(viewWidth)
        FIELD(viewHeight)
        FIELD(netWidth)
        FIELD(netHeight)
        FIELD(resizeMode)
        FIELD(contentWidth)
        FIELD(contentHeight);
  }
  {
    using Bound = Normalization;
    emscripten::value_object<Bound>("Normalization")
        FIELD(colorOrder)
        FIELD(inputScale)
        FIELD(mean)
        FIELD(std)
        FIELD(fill);
  }
  {
    using Bound = Limits;
    emscripten::value_object<Bound>("Limits")
        FIELD(scoreThreshold)
        FIELD(iouThreshold)
        FIELD(maxInstances);
  }
}

EMSCRIPTEN_BINDINGS(masklet_stages) {
  emscripten::function("boundaryVersion", +[]() -> uint32_t { return kBoundaryVersion; });
  {
    using Bound = ImageStage;
    emscripten::class_<Bound>("ImageStage")
        .constructor<>()
        METHOD_OF_STAGE(lastValue, double (Bound::*)() const)
        METHOD(useScalarKernels)
        METHOD(columns)
        METHOD(reserveFile)
        METHOD(decodeFile)
        METHOD(reserveImage)
        METHOD(tensorize);
  }
  {
    using Bound = DecodeStage;
    emscripten::class_<Bound>("DecodeStage")
        .constructor<>()
        METHOD_OF_STAGE(lastValue, double (Bound::*)() const)
        METHOD(useScalarKernels)
        METHOD(columns)
        METHOD(reserveOutput)
        METHOD(reserveClassFilter)
        METHOD(decodeDetrDetect)
        METHOD(decodeDetrPanoptic)
        METHOD(decodeMaskFormer)
        METHOD(decodeMaskRcnn)
        METHOD(decodeRfDetrSeg)
        METHOD(decodeRtmdetIns)
        METHOD(decodeSam)
        METHOD(decodeYolact)
        METHOD(decodeYoloDetect)
        METHOD(decodeYoloSeg)
        METHOD(decodeYolov5Seg)
        METHOD(decodeYolox)
        METHOD(assembleMasks);
  }
  {
    using Bound = MaskStage;
    emscripten::class_<Bound>("MaskStage")
        .constructor<>()
        METHOD_OF_STAGE(lastValue, double (Bound::*)() const)
        METHOD(columns)
        METHOD(reserveMasks)
        METHOD(reserveText)
        METHOD(reserveCounts)
        METHOD(reservePolygons)
        METHOD(cocoRle)
        METHOD(polygons)
        METHOD(mergeMasks)
        METHOD(removeSmallRegions)
        METHOD(intersectMasks)
        METHOD(iouMatrix)
        METHOD(maskFromCocoRle)
        METHOD(maskFromCocoCounts)
        METHOD(maskFromPolygons);
  }
}
// clang-format on
