#include "decode/yolact_priors.h"

#include <array>
#include <cmath>

namespace masklet {

namespace {

constexpr int32_t kTrainedSidePx = 550;
constexpr std::array<double, 5> kLevelScalesPx{24, 48, 96, 192, 384};
constexpr std::array<double, 3> kAspectRatios{1, 0.5, 2};
/// The finest level is the input halved three times; every convolution rounds up.
constexpr int kHalvingsBefore = 3;

SizePx halved(SizePx size) {
  return {(size.width + 1) / 2, (size.height + 1) / 2};
}

SizePx finestLevel(SizePx net) {
  for (int i = 0; i < kHalvingsBefore; ++i) net = halved(net);
  return net;
}

size_t cellCount(SizePx net) {
  size_t cells = 0;
  SizePx level = finestLevel(net);
  for (size_t i = 0; i < kLevelScalesPx.size(); ++i, level = halved(level)) {
    cells += static_cast<size_t>(level.width) * static_cast<size_t>(level.height);
  }
  return cells;
}

/// The scales and shapes of the boxes in one cell.
struct Spread {
  int octaveSteps;  ///< scales between one level's and the next one's
  bool square;      ///< yolact_base's width serves as height (its use_square_anchors)
};

double scalePx(double levelScalePx, int step, const Spread& spread, SizePx net) {
  if (spread.octaveSteps > 1)
    return levelScalePx * std::exp2(static_cast<double>(step) / spread.octaveSteps);
  return std::floor(levelScalePx / kTrainedSidePx * net.width);
}

Status addCell(double centerX, double centerY, double levelScalePx, const Spread& spread,
               SizePx net, Buffer<float>& priors) {
  for (int step = 0; step < spread.octaveSteps; ++step) {
    const double side = scalePx(levelScalePx, step, spread, net) / net.width;
    for (const double ratio : kAspectRatios) {
      const double stretch = std::sqrt(ratio);
      const double width = side * stretch;
      const double height = spread.square ? width : side / stretch;
      for (const double value : {centerX, centerY, width, height}) {
        MASKLET_TRY(priors.push(static_cast<float>(value)));
      }
    }
  }
  return okStatus();
}

}  // namespace

Status makeYolactPriors(SizePx net, size_t count, Buffer<float>& priors) {
  priors.clear();
  constexpr std::array<Spread, 2> kSpreads{{{1, true}, {3, false}}};
  const size_t cells = cellCount(net);
  for (const Spread& spread : kSpreads) {
    if (cells * static_cast<size_t>(spread.octaveSteps) * kAspectRatios.size() != count) continue;
    MASKLET_TRY(priors.reserve(count * 4));
    SizePx level = finestLevel(net);
    for (const double scale : kLevelScalesPx) {
      for (int32_t y = 0; y < level.height; ++y) {
        for (int32_t x = 0; x < level.width; ++x) {
          MASKLET_TRY(addCell((x + 0.5) / level.width, (y + 0.5) / level.height, scale, spread, net,
                              priors));
        }
      }
      level = halved(level);
    }
    return okStatus();
  }
  return fail(StatusCode::badShape, count);
}

}  // namespace masklet
