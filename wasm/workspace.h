// The boundary: owns the buffers of one image and runs the stages of the core on them. Plain C++,
// no web in it.
//
// How it is used, from TypeScript (web/core) as from the tests: reserve a buffer, ask for its
// address, copy the data in, call the stage, ask for the addresses of the results, copy them out.
// Stage methods return the number of a StatusCode; lastValue() is the value that belongs to it. An
// address is valid until the next call that may allocate: every reserve and every stage. Buffers
// keep their memory from image to image. After a failed stage its results are empty and everything
// else is as it was.
#pragma once

#include <array>
#include <cstdint>

#include "image/tensorize.h"
#include "mask/contour.h"
#include "mask/mask.h"
#include "mask/mask_source.h"
#include "simd/mask_kernels.h"
#include "wasm/instance_columns.h"

namespace masklet {

/// To be raised with every change of a name, an argument or the meaning of a number of this class:
/// web/core checks that the wasm it was given is the one it was written for.
inline constexpr uint32_t kBoundaryVersion = 2;

/// Byte address of a buffer; 32 bits in wasm.
using Address = uintptr_t;

/// See the head of this file. Not thread-safe.
class Workspace {
 public:
  static constexpr uint32_t kOutputSlots = 6;  ///< each decoder says which output it wants where
  static constexpr uint32_t kMaskSlots = 2;    ///< 0 the first (or only) operand, 1 the second

  // ---- outcome ----

  /// The value of the last stage's status (status.def says what it means); 0 after success.
  double lastValue() const { return lastValue_; }
  /// Bytes that the buffers hold, in use or kept for later.
  double memoryBytes() const;
  /// Runs the readable scalar kernels (true) or the SIMD ones (false, the default); the results are
  /// the same.
  void useScalarKernels(bool scalar);

  // ---- image: encoded file -> RGBA ----

  uint32_t reserveFile(uint32_t byteCount);
  Address fileAddress() const { return address(file_); }
  /// Decodes the JPEG, PNG or BMP in the file buffer, upright by its EXIF orientation. Statuses:
  /// badImageFile, badSize, tooManyPixels (more than `maxPixels`), outOfMemory.
  uint32_t decodeFile(uint32_t maxPixels);

  /// Makes room for RGBA8 pixels, tightly packed, to be copied in. Statuses: badSize, outOfMemory.
  uint32_t reserveImage(int32_t widthPx, int32_t heightPx);
  Address imageAddress() const { return address(image_); }
  int32_t imageWidth() const { return imageSize_.width; }
  int32_t imageHeight() const { return imageSize_.height; }

  // ---- image -> network input ----

  /// Fills the input [1, 3, netHeight, netWidth]; see masklet::tensorize and makeLetterbox for the
  /// arguments. Statuses: noImage, badSize, badArgument (an unknown mode or order as well),
  /// outOfMemory. Sets the letterbox that the decoders use.
  uint32_t tensorize(int32_t netWidth, int32_t netHeight, uint32_t resizeMode, uint32_t colorOrder,
                     float inputScale, float mean0, float mean1, float mean2, float std0,
                     float std1, float std2, float fill0, float fill1, float fill2,
                     int32_t contentWidth = 0, int32_t contentHeight = 0);
  Address inputAddress() const { return address(input_); }
  uint32_t inputElements() const { return static_cast<uint32_t>(input_.size()); }

  /// Sets the letterbox without an image, for outputs of a network that was fed elsewhere.
  /// Statuses: badSize, badArgument.
  uint32_t setLetterbox(int32_t srcWidth, int32_t srcHeight, int32_t netWidth, int32_t netHeight,
                        uint32_t resizeMode, int32_t contentWidth = 0, int32_t contentHeight = 0);

  // ---- network outputs -> instances ----

  /// Makes room for an output with the first `rank` of the dimensions. Statuses: badIndex (slot),
  /// badRank (0 or above 4), badShape (a dimension of 0, or more than 2^32 - 1 elements),
  /// outOfMemory.
  uint32_t reserveOutput(uint32_t slot, uint32_t rank, uint32_t dim0, uint32_t dim1, uint32_t dim2,
                         uint32_t dim3);
  /// 0 for a slot that does not exist.
  Address outputAddress(uint32_t slot) const;
  /// One byte per class, 0 drops the class; no bytes keep all. Statuses: outOfMemory.
  uint32_t reserveClassFilter(uint32_t classCount);
  Address classFilterAddress() const { return address(classFilter_); }

  // Decoders, one per family: they read the outputs and leave instances for assembleMasks. All
  // statuses: noImage (no letterbox yet), badRank, badShape, badArgument, outOfMemory.

  /// Decodes output 0 with the prototypes in output 1; see masklet::decodeYoloSeg and
  /// decodeYoloSegEndToEnd. `classCount` 0: not known.
  uint32_t decodeYoloSeg(bool endToEnd, uint32_t classCount, float scoreThreshold,
                         float iouThreshold, uint32_t maxInstances);
  /// Decodes boxes in output 0 with the logits in output 1; see masklet::decodeDetrDetect.
  uint32_t decodeDetrDetect(bool softmax, float scoreThreshold, float iouThreshold,
                            uint32_t maxInstances);
  /// Decodes logits in output 0 and masks in output 1, with `hasBoxes` boxes in output 2; masks are
  /// enlarged to `enlargeToPx` squared first unless it is 0; see masklet::decodeDetrPanoptic.
  uint32_t decodeDetrPanoptic(bool hasBoxes, int32_t enlargeToPx, float scoreThreshold,
                              float iouThreshold, uint32_t maxInstances);
  /// Decodes logits in output 0 and masks in output 1, which are rated on planes of `ratedAtPx`
  /// squared, or of their own size when it is 0; see masklet::decodeMaskFormer.
  uint32_t decodeMaskFormer(int32_t ratedAtPx, float scoreThreshold, float iouThreshold,
                            uint32_t maxInstances);
  /// Decodes boxes in output 0, logits in output 1 and masks in output 2; see
  /// masklet::decodeRfDetrSeg.
  uint32_t decodeRfDetrSeg(float scoreThreshold, float iouThreshold, uint32_t maxInstances);
  /// Decodes boxes, labels, scores and masks in outputs 0 to 3; `kind` is a MaskRcnnExport,
  /// `classCount` 0: not known; see masklet::decodeMaskRcnn.
  uint32_t decodeMaskRcnn(uint32_t kind, uint32_t classCount, float scoreThreshold,
                          float iouThreshold, uint32_t maxInstances);
  /// Decodes detections, labels and masks in outputs 0 to 2; `classCount` 0: not known; see
  /// masklet::decodeRtmdetIns.
  uint32_t decodeRtmdetIns(uint32_t classCount, float scoreThreshold, float iouThreshold,
                           uint32_t maxInstances);
  /// Makes candidates of the planes in output 0 with the predicted IoUs in output 1; the planes are
  /// read by way of `viaWidth` x `viaHeight` unless that is 0 x 0; see masklet::decodeSam.
  /// rowsAddress() then has the plane of each mask, stabilityAddress() the stability of each plane.
  uint32_t decodeSam(float predictedIouThreshold, float stabilityThreshold, float maskThreshold,
                     float stabilityOffset, int32_t viaWidth, int32_t viaHeight, bool probability);
  /// Decodes boxes, scores, coefficients, prototypes and, with `hasPriors`, priors in outputs 0 to
  /// 4; see masklet::decodeYolact.
  uint32_t decodeYolact(bool hasPriors, float scoreThreshold, float iouThreshold,
                        uint32_t maxInstances);
  /// Decodes output 0; `layout` is a YoloDetectLayout, see masklet::decodeYoloDetect.
  uint32_t decodeYoloDetect(uint32_t layout, uint32_t classCount, float scoreThreshold,
                            float iouThreshold, uint32_t maxInstances);
  /// Decodes output 0 with the prototypes in output 1; see masklet::decodeYolov5Seg.
  uint32_t decodeYolov5Seg(float scoreThreshold, float iouThreshold, uint32_t maxInstances);
  /// Decodes output 0; `boxes` is a YoloxBoxes, see masklet::decodeYolox.
  uint32_t decodeYolox(uint32_t boxes, float scoreThreshold, float iouThreshold,
                       uint32_t maxInstances);
  /// Makes the columns below from the decoded instances, `soft` with coverage; see
  /// makeInstanceColumns. Statuses: noInstances, badRank, badShape, tooManyPixels, outOfMemory.
  uint32_t assembleMasks(bool soft);

  uint32_t instanceCount() const { return static_cast<uint32_t>(columns_.count()); }
  Address boxesAddress() const {
    return address(columns_.boxesSrc);
  }  ///< f32[count * 4] x1, y1, x2, y2 in source pixels
  Address scoresAddress() const { return address(columns_.scores); }      ///< f32[count]
  Address classIdsAddress() const { return address(columns_.classIds); }  ///< u32[count]
  Address rowsAddress() const {
    return address(columns_.rows);
  }  ///< u32[count], rows of the network's output
  Address stabilityAddress() const { return address(stability_); }  ///< f32[K], by decodeSam
  Address rectsAddress() const {
    return address(columns_.masks.rectsSrc);
  }  ///< i32[count * 4] x, y, width, height
  Address areasAddress() const { return address(columns_.masks.areasPx); }  ///< u32[count]
  Address runsAddress() const { return address(columns_.masks.runs); }      ///< u32[runCount]
  Address runOffsetsAddress() const {
    return address(columns_.masks.runOffsets);
  }  ///< u32[count + 1]
  Address coverageAddress() const {
    return address(columns_.masks.coverage);
  }  ///< u8[coverageBytes]
  Address coverageOffsetsAddress() const {
    return address(columns_.masks.coverageOffsets);
  }  ///< u32[count + 1]
  uint32_t runCount() const { return static_cast<uint32_t>(columns_.masks.runs.size()); }
  uint32_t coverageBytes() const { return static_cast<uint32_t>(columns_.masks.coverage.size()); }

  // ---- masks: operands in, results out ----

  /// Makes room for the runs of an operand. Statuses: badIndex (slot), outOfMemory. The runs are
  /// checked by the operation.
  uint32_t reserveMask(uint32_t slot, int32_t x, int32_t y, int32_t widthPx, int32_t heightPx,
                       uint32_t runCount);
  /// 0 for a slot that does not exist.
  Address maskAddress(uint32_t slot) const;
  uint32_t reserveText(uint32_t byteCount);
  Address textAddress() const { return address(text_); }
  uint32_t textBytes() const { return static_cast<uint32_t>(text_.size()); }
  uint32_t reserveCounts(uint32_t count);
  Address countsAddress() const { return address(counts_); }
  /// Room for f64 x, y pairs and for ring offsets (rings + 1, in points).
  uint32_t reservePolygons(uint32_t pointCount, uint32_t ringCount);
  Address polygonPointsAddress() const { return address(polygonPoints_); }
  Address polygonOffsetsAddress() const { return address(polygonOffsets_); }

  // Operations on operand 0 (and 1). All check their operands: badSize, badRuns. All may fail with
  // outOfMemory.

  /// Operand 0 as compressed COCO RLE of an image of this size, into the text. Statuses: badSize.
  uint32_t cocoRle(int32_t srcWidth, int32_t srcHeight);
  /// The outline of operand 0 as rings; see contoursFromMask. Statuses: badArgument.
  uint32_t polygons(double tolerancePx, double minAreaPx);
  /// Operand 0 `op` operand 1 (MergeOp) into the result mask. Statuses: badArgument, badSize.
  uint32_t mergeMasks(uint32_t op);
  /// Operand 0 in an image of this size with small holes filled and small islands dropped, into the
  /// result mask; see masklet::removeSmallRegions. Statuses: badSize.
  uint32_t removeSmallRegions(int32_t srcWidth, int32_t srcHeight, uint32_t minAreaPx);
  /// Pixels that operands 0 and 1 share, into measuredArea().
  uint32_t intersectMasks();

  /// The text, or the counts, as COCO RLE of an image of this size into the result mask. Statuses:
  /// badRleString, badRuns, badSize.
  uint32_t maskFromCocoRle(int32_t srcWidth, int32_t srcHeight);
  uint32_t maskFromCocoCounts(int32_t srcWidth, int32_t srcHeight);
  /// The polygons into the result mask, by the even-odd rule on pixel centers or, with `asCoco`, as
  /// pycocotools draws them; see maskFromPolygons and maskFromCocoPolygons. Statuses: badSize,
  /// badArgument, badIndex.
  uint32_t maskFromPolygons(int32_t srcWidth, int32_t srcHeight, bool asCoco);

  int32_t resultX() const { return result_.rectSrc.x; }
  int32_t resultY() const { return result_.rectSrc.y; }
  int32_t resultWidth() const { return result_.rectSrc.width; }
  int32_t resultHeight() const { return result_.rectSrc.height; }
  Address resultAddress() const { return address(result_.runs); }  ///< u32[resultRunCount]
  uint32_t resultRunCount() const { return static_cast<uint32_t>(result_.runs.size()); }
  uint32_t measuredArea() const { return measuredArea_; }

  uint32_t ringCount() const { return static_cast<uint32_t>(contours_.ringCount()); }
  uint32_t ringPointCount() const { return static_cast<uint32_t>(contours_.points.size() / 2); }
  Address ringPointsAddress() const {
    return address(contours_.points);
  }  ///< f32[ringPointCount * 2] x, y in source pixels
  Address ringOffsetsAddress() const {
    return address(contours_.ringOffsets);
  }  ///< u32[ringCount + 1], in points
  Address ringParentsAddress() const {
    return address(contours_.ringParents);
  }  ///< i32[ringCount]; -1 for an outer ring

 private:
  struct Output {
    Buffer<float> values;
    std::array<uint32_t, 4> dims{};
    uint32_t rank = 0;
  };

  template <class T>
  static Address address(const Buffer<T>& buffer) {
    return reinterpret_cast<Address>(buffer.data());
  }

  uint32_t finish(Status status);
  Status viewImage(ImageView<const uint8_t>& view) const;
  Status viewOutput(uint32_t slot, TensorView& view) const;
  template <class Decode>
  uint32_t decodeWith(float scoreThreshold, float iouThreshold, uint32_t maxInstances,
                      Decode decode);
  Status fillInput(SizePx net, ResizeMode mode, SizePx content, const TensorizeOptions& options);
  Status decodeText(SizePx src);

  double lastValue_ = 0;
  const ImageKernels* imageKernels_ = &defaultImageKernels();
  const MaskKernels* maskKernels_ = &defaultMaskKernels();

  Buffer<uint8_t> file_;
  Buffer<uint8_t> image_;
  SizePx imageSize_;
  TensorizeScratch tensorizeScratch_;
  Buffer<float> input_;
  Letterbox letterbox_;

  std::array<Output, kOutputSlots> outputs_;
  Buffer<uint8_t> classFilter_;
  Instances instances_;
  MaskSource maskSource_;
  Buffer<float> stability_;
  bool hasInstances_ = false;
  InstanceColumns columns_;

  std::array<Mask, kMaskSlots> masks_;
  Mask result_;
  uint32_t measuredArea_ = 0;
  Buffer<char> text_;
  Buffer<uint32_t> counts_;
  Buffer<double> polygonPoints_;
  Buffer<uint32_t> polygonOffsets_;
  Contours contours_;
};

}  // namespace masklet
