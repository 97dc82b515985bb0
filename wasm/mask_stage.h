// Operations on masks: operands in, results out. See wasm/stage.h for the use of a stage.
#pragma once

#include "mask/contour.h"
#include "mask/mask.h"
#include "wasm/stage.h"

namespace masklet {

/// The columns, in the order of `maskColumns` in web/core/columns.ts.
#define MASKLET_MASK_COLUMNS(COLUMN)                                               \
  COLUMN(rects, rects_)           /* of the operands: x, y, width, height */       \
  COLUMN(runs, runs_)             /* of all operands, one after the other */       \
  COLUMN(runOffsets, runOffsets_) /* operands + 1 */                               \
  COLUMN(crowds, crowds_)         /* not 0 for what iouMatrix takes for a crowd */ \
  COLUMN(resultRect, result_.rectSrc)                                              \
  COLUMN(resultRuns, result_.runs)                                                 \
  COLUMN(sharedArea, sharedPx_) /* by intersectMasks */                            \
  COLUMN(ious, ious_)           /* by iouMatrix: row after row */                  \
  COLUMN(text, text_)                                                              \
  COLUMN(counts, counts_)                                                          \
  COLUMN(polygonPoints, polygonPoints_)      /* x, y pairs */                      \
  COLUMN(polygonOffsets, polygonOffsets_)    /* rings + 1, in points */            \
  COLUMN(ringPoints, contours_.points)       /* x, y in source pixels */           \
  COLUMN(ringOffsets, contours_.ringOffsets) /* rings + 1, in points */            \
  COLUMN(ringParents, contours_.ringParents) /* -1 for an outer ring */

enum class MaskColumn : size_t { MASKLET_MASK_COLUMNS(MASKLET_COLUMN_NAME) count };

/// Not thread-safe.
class MaskStage : public Stage {
 public:
  /// Address of a Column for each MaskColumn.
  Address columns();

  /// Reserves room for operands with this many runs in total, none of them a crowd. Statuses:
  /// outOfMemory. The operation checks rectangles, offsets and runs.
  uint32_t reserveMasks(uint32_t maskCount, uint32_t runCount);
  uint32_t reserveText(uint32_t byteCount);
  uint32_t reserveCounts(uint32_t count);
  /// Reserves room for f64 x, y pairs and for ring offsets (rings + 1, in points).
  uint32_t reservePolygons(uint32_t pointCount, uint32_t ringCount);

  // Operations on operands. All check their operands: badIndex (a missing operand), badSize,
  // badRuns. All may fail with outOfMemory.

  /// Operand 0 as compressed COCO RLE of an image of this size, into the text. Statuses: badSize.
  uint32_t cocoRle(int32_t srcWidth, int32_t srcHeight);
  /// The outline of operand 0 as rings; see contoursFromMask. Statuses: badArgument.
  uint32_t polygons(double tolerancePx, double minAreaPx);
  /// ((operand 0 `op` operand 1) `op` operand 2) ... (MergeOp) into the result. Statuses:
  /// badArgument, badSize.
  uint32_t mergeMasks(uint32_t op);
  /// Operand 0 in an image of this size with small holes filled and small islands dropped, into the
  /// result; see masklet::removeSmallRegions. Statuses: badSize.
  uint32_t removeSmallRegions(int32_t srcWidth, int32_t srcHeight, uint32_t minAreaPx);
  /// Number of pixels that operands 0 and 1 share, into the shared area.
  uint32_t intersectMasks();
  /// IoUs of the first `rowCount` operands with the operands from `columnBegin` on, which may
  /// overlap; see masklet::iouMatrix. Statuses: badIndex.
  uint32_t iouMatrix(uint32_t rowCount, uint32_t columnBegin);

  /// The text, or the counts, as COCO RLE of an image of this size into the result. Statuses:
  /// badRleString, badRuns, badSize.
  uint32_t maskFromCocoRle(int32_t srcWidth, int32_t srcHeight);
  uint32_t maskFromCocoCounts(int32_t srcWidth, int32_t srcHeight);
  /// The polygons into the result, by the even-odd rule on pixel centers or, with `asCoco`, as
  /// pycocotools draws them; see maskFromPolygons and maskFromCocoPolygons. Statuses: badSize,
  /// badArgument, badIndex.
  uint32_t maskFromPolygons(int32_t srcWidth, int32_t srcHeight, bool asCoco);

 private:
  /// The first `count` operands, checked.
  Status viewOperands(size_t count);
  template <class Operation>
  uint32_t onOperands(size_t count, const Operation& operation);

  std::array<Column, static_cast<size_t>(MaskColumn::count)> columns_{};
  Buffer<RectPx> rects_;
  Buffer<uint32_t> runs_;
  Buffer<uint32_t> runOffsets_;
  Buffer<uint8_t> crowds_;
  Buffer<MaskView> operands_;
  Mask result_;
  uint32_t sharedPx_ = 0;
  Buffer<double> ious_;
  Buffer<char> text_;
  Buffer<uint32_t> counts_;
  Buffer<double> polygonPoints_;
  Buffer<uint32_t> polygonOffsets_;
  Contours contours_;
};

}  // namespace masklet
