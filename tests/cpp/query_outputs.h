// Outputs of heads with mask queries, to be filled by hand or by chance.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "tests/cpp/slow_masks.h"
#include "tests/cpp/slow_rows.h"

namespace masklet::test {

struct QueryOutputs {
  uint32_t queryCount;
  uint32_t columns;
  SizePx sizeMsk;
  std::vector<float> boxes;
  std::vector<float> logits;
  std::vector<float> masks;

  QueryOutputs(uint32_t queries, uint32_t columnCount, SizePx msk = {4, 3})
      : queryCount(queries),
        columns(columnCount),
        sizeMsk(msk),
        boxes(size_t{queries} * 4, 0.5f),
        logits(size_t{queries} * columnCount, -9.0f),
        masks(size_t{queries} * planeSize(), 1.0f) {}

  size_t planeSize() const {
    return static_cast<size_t>(sizeMsk.width) * static_cast<size_t>(sizeMsk.height);
  }
  TensorView boxesView() const { return {boxes.data(), {1, queryCount, 4}, 3}; }
  TensorView logitsView() const { return {logits.data(), {1, queryCount, columns}, 3}; }
  TensorView masksView() const {
    return {masks.data(),
            {1, queryCount, static_cast<uint32_t>(sizeMsk.height),
             static_cast<uint32_t>(sizeMsk.width)},
            4};
  }
  float& logit(uint32_t query, uint32_t column) { return logits[size_t{query} * columns + column]; }
  float* plane(uint32_t query) { return masks.data() + query * planeSize(); }

  SlowPlane slowPlane(uint32_t query) const {
    SlowPlane made(sizeMsk.width, sizeMsk.height);
    std::copy_n(masks.begin() + static_cast<std::ptrdiff_t>(query * planeSize()), planeSize(),
                made.values.begin());
    return made;
  }

  Box slowBox(uint32_t query, SizePx net) const {
    const float* b = boxes.data() + size_t{query} * 4;
    return {(b[0] - b[2] / 2) * static_cast<float>(net.width),
            (b[1] - b[3] / 2) * static_cast<float>(net.height),
            (b[0] + b[2] / 2) * static_cast<float>(net.width),
            (b[1] + b[3] / 2) * static_cast<float>(net.height)};
  }

  /// Softmax over one row, in double.
  std::vector<double> slowSoftmax(uint32_t query) const {
    std::vector<double> exponentials(columns);
    double sum = 0;
    for (uint32_t c = 0; c < columns; ++c) {
      sum += exponentials[c] = std::exp(static_cast<double>(logits[size_t{query} * columns + c]));
    }
    for (double& value : exponentials) value /= sum;
    return exponentials;
  }

  /// Logits spaced apart, so that no order of scores hangs on rounding, and unevenly, so that
  /// differences are.
  void fill(std::mt19937& random, float lowest, float highest) {
    std::uniform_real_distribution<float> unit(0, 1);
    std::normal_distribution<float> normal(0, 2);
    for (float& value : boxes) value = unit(random);
    for (float& value : masks) value = normal(random);
    const float step = (highest - lowest) / static_cast<float>(logits.size() + 1);
    for (size_t i = 0; i < logits.size(); ++i)
      logits[i] = lowest + (static_cast<float>(i) + 0.8f * unit(random)) * step;
    std::shuffle(logits.begin(), logits.end(), random);
  }
};

/// Fails each tensor of a set in the ways that all decoders refuse; `decode(logits, masks)` returns
/// a Status.
template <class Decode>
void expectWrongQueriesFail(const QueryOutputs& output, const Decode& decode) {
  const TensorView logits = output.logitsView();
  const TensorView masks = output.masksView();
  expectStatus(decode(rankOf(logits, 2), masks), StatusCode::badRank, 2);
  expectStatus(decode(dimOf(logits, 0, 2), masks), StatusCode::badShape, 2);
  expectStatus(decode(dimOf(logits, 2, 0), masks), StatusCode::badShape, 0);
  expectStatus(decode(logits, rankOf(masks, 3)), StatusCode::badRank, 3);
  expectStatus(decode(logits, dimOf(masks, 0, 2)), StatusCode::badShape, 2);
  expectStatus(decode(logits, dimOf(masks, 1, output.queryCount + 1)), StatusCode::badShape,
               output.queryCount + 1);
  expectStatus(decode(logits, dimOf(masks, 2, 0)), StatusCode::badShape, 0);
  expectStatus(decode(logits, dimOf(masks, 3, 0)), StatusCode::badShape, 0);
  expectStatus(decode(logits, dimOf(masks, 3, 40000)), StatusCode::badShape, 40000);
  EXPECT_TRUE(decode(logits, masks).ok());
}

}  // namespace masklet::test
