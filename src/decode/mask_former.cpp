#include "decode/mask_former.h"

#include "decode/candidates.h"
#include "decode/nms.h"
#include "decode/query_planes.h"
#include "decode/query_scores.h"

namespace masklet {

namespace {

/// The mean probability inside each query's mask, computed on demand.
class MaskRatings {
 public:
  MaskRatings(const TensorView& masks, const MaskKernels& kernels)
      : masks_(masks), kernels_(kernels) {}

  Status prepare(SizePx rateSize) {
    const SizePx size{static_cast<int32_t>(masks_.dims[3]), static_cast<int32_t>(masks_.dims[2])};
    const SizePx to = rateSize.width == 0 ? size : rateSize;
    MASKLET_TRY(resizer_.prepare(size, to));
    if (masks_.dims[1] == 0) return okStatus();
    MASKLET_TRY(enlarged_.resize(static_cast<size_t>(to.width) * static_cast<size_t>(to.height)));
    MASKLET_TRY(ratings_.resize(masks_.dims[1]));
    for (float& rating : ratings_) rating = kUnknown;
    return okStatus();
  }

  float of(uint32_t query) {
    if (ratings_[query] != kUnknown) return ratings_[query];
    const float* plane = masks_.data + size_t{query} * masks_.dims[2] * masks_.dims[3];
    resizer_.resize(plane, kernels_, enlarged_.data());
    return ratings_[query] = meanProbabilityInside(enlarged_.data(), enlarged_.size());
  }

 private:
  static constexpr float kUnknown = -1;

  const TensorView& masks_;
  const MaskKernels& kernels_;
  PlaneResizer resizer_;
  Buffer<float> enlarged_;
  Buffer<float> ratings_;
};

/// All pairs of query and class that can pass: the score never exceeds the probability.
Status collectPairs(const TensorView& logits, SizePx net, const DecodeOptions& options,
                    Candidates& pairs) {
  const uint32_t classCount = logits.dims[2] - 1;
  if (logits.dims[1] == 0) return okStatus();  // do not allocate for a mere dimension
  Buffer<float> probabilities;
  MASKLET_TRY(probabilities.resize(logits.dims[2]));
  for (uint32_t query = 0; query < logits.dims[1]; ++query) {
    const float* row = logits.data + size_t{query} * logits.dims[2];
    if (!softmaxRow(row, logits.dims[2], probabilities.data())) continue;
    for (uint32_t classId = 0; classId < classCount; ++classId) {
      const float probability = probabilities[classId];
      if (!(probability > options.scoreThreshold) || !keepsClass(options, classId)) continue;
      MASKLET_TRY(pairs.add(wholeInput(net), probability, classId, query));
    }
  }
  return okStatus();
}

Status ratePairs(const Candidates& pairs, size_t pairCount, float threshold, MaskRatings& ratings,
                 Candidates& rated) {
  Buffer<uint32_t> order;
  MASKLET_TRY(sortByScore(pairs.scores.span(), pairCount, order));
  for (const uint32_t pair : order) {
    const float score = pairs.scores[pair] * ratings.of(pairs.rows[pair]);
    if (score > threshold) {
      MASKLET_TRY(rated.add(pairs.boxesNet[pair], score, pairs.classIds[pair], pairs.rows[pair]));
    }
  }
  return okStatus();
}

}  // namespace

Status decodeMaskFormer(const MaskFormerOutputs& outputs, SizePx net, SizePx rateSize,
                        const DecodeOptions& options, const MaskKernels& kernels,
                        Instances& instances, MaskSource& source) {
  instances.clear();
  source.clear();
  const TensorView& logits = outputs.logits;
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkQueryLogits(logits, 2));
  MASKLET_TRY(checkQueryMasks(outputs.masks, logits.dims[1]));
  MASKLET_TRY(checkClassFilter(options, logits.dims[2] - 1));
  Candidates pairs;
  MASKLET_TRY(collectPairs(logits, net, options, pairs));
  MaskRatings ratings(outputs.masks, kernels);
  MASKLET_TRY(ratings.prepare(rateSize));
  Candidates rated;
  MASKLET_TRY(ratePairs(pairs, logits.dims[1], options.scoreThreshold, ratings, rated));
  MASKLET_TRY(sortAndGather(rated, options, {}, instances));
  source.form = MaskForm::planes;
  source.planes = outputs.masks;
  source.cropToBox = false;
  source.boxFromMask = true;
  return okStatus();
}

}  // namespace masklet
