// Converts a network's outputs to instances with masks. See wasm/stage.h for the use of a stage.
#pragma once

#include "assemble/mask_source.h"
#include "simd/mask_kernels.h"
#include "wasm/instance_columns.h"
#include "wasm/stage.h"

namespace masklet {

/// DecodeOptions at the boundary; the class filter is a column.
struct Limits {
  float scoreThreshold = 0.25f;
  float iouThreshold = 0.7f;
  uint32_t maxInstances = 300;
};

/// The columns, in the order of `decodeColumns` in web/core/columns.ts.
#define MASKLET_DECODE_COLUMNS(COLUMN)                                                \
  COLUMN(output0, outputs_[0].values)                                                 \
  COLUMN(output1, outputs_[1].values)                                                 \
  COLUMN(output2, outputs_[2].values)                                                 \
  COLUMN(output3, outputs_[3].values)                                                 \
  COLUMN(output4, outputs_[4].values)                                                 \
  COLUMN(output5, outputs_[5].values)                                                 \
  COLUMN(classFilter, classFilter_)                                                   \
  COLUMN(boxes, found_.boxesSrc) /* x1, y1, x2, y2 in source pixels */                \
  COLUMN(scores, found_.scores)                                                       \
  COLUMN(classIds, found_.classIds)                                                   \
  COLUMN(rows, found_.rows)                             /* of the network's output */ \
  COLUMN(stabilities, found_.masks.stabilities)         /* 0..1, by decodeSam only */ \
  COLUMN(rects, found_.masks.rectsSrc)                  /* x, y, width, height */     \
  COLUMN(areas, found_.masks.areasPx)                   /* object pixels */           \
  COLUMN(runs, found_.masks.runs)                       /* of all masks */            \
  COLUMN(runOffsets, found_.masks.runOffsets)           /* instances + 1 */           \
  COLUMN(coverage, found_.masks.coverage)               /* of all soft masks */       \
  COLUMN(coverageOffsets, found_.masks.coverageOffsets) /* instances + 1 */

enum class DecodeColumn : size_t { MASKLET_DECODE_COLUMNS(MASKLET_COLUMN_NAME) count };

/// Not thread-safe.
class DecodeStage : public Stage {
 public:
  static constexpr uint32_t kOutputSlots = 6;  ///< each decoder documents its slots

  /// Runs the readable scalar kernels (true) or the SIMD ones (false, the default); the results are
  /// the same.
  void useScalarKernels(bool scalar);
  /// Address of a Column for each DecodeColumn.
  Address columns();

  /// Reserves room for an output with the first `rank` dimensions. Statuses: badIndex (slot),
  /// badRank (0 or above 4), badShape (more than 2^32 - 1 elements), outOfMemory. A dimension may
  /// be 0, for an output without rows.
  uint32_t reserveOutput(uint32_t slot, uint32_t rank, uint32_t dim0, uint32_t dim1, uint32_t dim2,
                         uint32_t dim3);
  /// One byte per class, 0 drops the class; an empty filter keeps all. Statuses: outOfMemory.
  uint32_t reserveClassFilter(uint32_t classCount);

  // Decoders, one per family: they read the outputs and leave instances for assembleMasks. All
  // statuses: badSize, badRank, badShape, badArgument, outOfMemory.

  /// Decodes output 0 with the prototypes in output 1; see masklet::decodeYoloSeg and
  /// decodeYoloSegEndToEnd. `classCount` 0 means unknown.
  uint32_t decodeYoloSeg(const Geometry& geometry, const Limits& limits, bool endToEnd,
                         uint32_t classCount);
  /// Decodes boxes in output 0 with the logits in output 1; see masklet::decodeDetrDetect.
  uint32_t decodeDetrDetect(const Geometry& geometry, const Limits& limits, bool softmax);
  /// Decodes logits in output 0 and masks in output 1, with `hasBoxes` boxes in output 2; masks are
  /// enlarged to `enlargeToPx` squared first unless it is 0; see masklet::decodeDetrPanoptic.
  uint32_t decodeDetrPanoptic(const Geometry& geometry, const Limits& limits, bool hasBoxes,
                              int32_t enlargeToPx);
  /// Decodes logits in output 0 and masks in output 1. The masks are rated on planes of `ratedAtPx`
  /// squared, or of their own size if it is 0; see masklet::decodeMaskFormer.
  uint32_t decodeMaskFormer(const Geometry& geometry, const Limits& limits, int32_t ratedAtPx);
  /// Decodes boxes in output 0, logits in output 1 and masks in output 2; see
  /// masklet::decodeRfDetrSeg.
  uint32_t decodeRfDetrSeg(const Geometry& geometry, const Limits& limits);
  /// Decodes boxes, labels, scores and masks in outputs 0 to 3; `kind` is a MaskRcnnExport,
  /// `classCount` 0 means unknown; see masklet::decodeMaskRcnn.
  uint32_t decodeMaskRcnn(const Geometry& geometry, const Limits& limits, uint32_t kind,
                          uint32_t classCount);
  /// Decodes detections, labels and masks in outputs 0 to 2; `classCount` 0 means unknown; see
  /// masklet::decodeRtmdetIns.
  uint32_t decodeRtmdetIns(const Geometry& geometry, const Limits& limits, uint32_t classCount);
  /// Makes candidates of the planes in output 0 with the predicted IoUs in output 1; the planes are
  /// first resized to `viaWidth` x `viaHeight` unless that is 0 x 0; see masklet::decodeSam. The
  /// rows are the indices of the planes.
  uint32_t decodeSam(const Geometry& geometry, float predictedIouThreshold,
                     float stabilityThreshold, float maskThreshold, float stabilityOffset,
                     int32_t viaWidth, int32_t viaHeight, bool probability);
  /// Decodes boxes, scores, coefficients, prototypes and, with `hasPriors`, priors in outputs 0 to
  /// 4; see masklet::decodeYolact.
  uint32_t decodeYolact(const Geometry& geometry, const Limits& limits, bool hasPriors);
  /// Decodes output 0; `layout` is a YoloDetectLayout, see masklet::decodeYoloDetect.
  uint32_t decodeYoloDetect(const Geometry& geometry, const Limits& limits, uint32_t layout,
                            uint32_t classCount);
  /// Decodes output 0 with the prototypes in output 1; see masklet::decodeYolov5Seg.
  uint32_t decodeYolov5Seg(const Geometry& geometry, const Limits& limits);
  /// Decodes output 0; `boxes` is a YoloxBoxes, see masklet::decodeYolox.
  uint32_t decodeYolox(const Geometry& geometry, const Limits& limits, uint32_t boxes);
  /// Makes the columns from the decoded instances, `soft` with coverage; see
  /// makeInstanceColumns. Statuses: noInstances, badRank, badShape, tooManyPixels, outOfMemory.
  uint32_t assembleMasks(bool soft);

 private:
  struct Output {
    Buffer<float> values;
    std::array<uint32_t, 4> dims{};
    uint32_t rank = 0;
  };

  Status viewOutput(uint32_t slot, TensorView& view) const;
  template <class Decode>
  uint32_t decodeWith(const Geometry& geometry, const DecodeOptions& options, Decode decode);
  DecodeOptions optionsOf(const Limits& limits) const {
    return {limits.scoreThreshold, limits.iouThreshold, limits.maxInstances, classFilter_.span()};
  }

  const MaskKernels* kernels_ = &defaultMaskKernels();
  std::array<Column, static_cast<size_t>(DecodeColumn::count)> columns_{};
  std::array<Output, kOutputSlots> outputs_;
  Buffer<uint8_t> classFilter_;
  Letterbox letterbox_;  ///< of the instances
  Instances instances_;
  MaskSource maskSource_;
  bool hasInstances_ = false;
  InstanceColumns found_;
};

}  // namespace masklet
