// The result of every decoder: columns, one row per object, best score first.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// Settings shared by all decoders.
struct DecodeOptions {
  float scoreThreshold = 0.25f;  ///< keeps scores above this, 0..1
  float iouThreshold =
      0.7f;  ///< class-aware NMS drops a box if its IoU with a better one is above this, 0..1
  uint32_t maxInstances = 300;  ///< maximum number of objects, minimum 1; the best ones stay
  /// One byte per class: 0 drops the class. Empty keeps all.
  std::span<const uint8_t> classFilter;
};

/// Objects in network coordinates, sorted by descending score; ties keep the order of the network's
/// output.
struct Instances {
  Buffer<Box> boxesNet;
  Buffer<float> scores;
  Buffer<uint32_t> classIds;
  /// Row of each object in the network's output. If masks are planes, the index of its plane.
  Buffer<uint32_t> rows;
  /// `coefficientCount` values per object; the mask logit is their dot product with the prototypes.
  Buffer<float> coefficients;
  uint32_t coefficientCount = 0;

  size_t count() const { return scores.size(); }
  /// Reserves room for `count` objects without coefficients, so that later steps cannot fail
  /// halfway.
  Status resize(size_t count);

  void clear() {
    boxesNet.clear();
    scores.clear();
    classIds.clear();
    rows.clear();
    coefficients.clear();
  }
};

}  // namespace masklet
