// Times the masks of each form at full HD: planes as RF-DETR gives them, planes enlarged in two
// steps as SAM's are, planes over boxes, and exclusive planes. All inputs are made up: discs of
// several sizes.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "assemble/assemble_masks.h"
#include "simd/mask_kernels.h"

namespace masklet {
namespace {

constexpr int kRounds = 7;
constexpr SizePx kSrc{1920, 1080};

/// Stops the program: a bench of calls that fail measures nothing.
void require(Status status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s (%g)\n", statusText(status.code), status.value);
  std::exit(1);
}

/// `count` planes with a disc each, boxes around them.
struct Discs {
  std::vector<float> planes;
  Instances instances;
  MaskSource source;
  Letterbox letterbox;

  Discs(uint32_t count, int32_t side, int32_t net, ResizeMode mode, bool probability,
        bool overBoxes) {
    require(makeLetterbox(kSrc, {net, net}, mode, letterbox));
    std::mt19937 random(1);
    std::uniform_real_distribution<float> unit(0, 1);
    const auto sideMsk = static_cast<uint32_t>(side);
    for (uint32_t k = 0; k < count; ++k) {
      const auto size = static_cast<float>(side);
      const float radius =
          overBoxes ? size / 2 : size * (0.02f + 0.25f * unit(random) * unit(random));
      const float x = overBoxes ? size / 2 : size * unit(random);
      const float y = overBoxes ? size / 2 : size * unit(random);
      for (uint32_t p = 0; p < sideMsk * sideMsk; ++p) {
        const float dx = static_cast<float>(p % sideMsk) - x,
                    dy = static_cast<float>(p / sideMsk) - y;
        const float logit = radius - std::sqrt(dx * dx + dy * dy);
        planes.push_back(probability ? 1 / (1 + std::exp(-logit)) : logit);
      }
      const float left = 0.9f * unit(random) * static_cast<float>(net),
                  width = 0.2f * unit(random) * static_cast<float>(net);
      const float top = (0.3f + 0.3f * unit(random)) * static_cast<float>(net);
      require(instances.boxesNet.push({left, top, left + width, top + width}));
      require(instances.scores.push(1 - 0.5f * unit(random)));
      require(instances.classIds.push(0));
      require(instances.rows.push(k));
    }
    source.planes = {planes.data(), {1, count, sideMsk, sideMsk}, 4};
    source.form = overBoxes ? MaskForm::boxPlanes : MaskForm::planes;
    source.cropToBox = false;
    source.probability = probability;
    source.threshold = probability ? 0.5f : 0.0f;
  }
};

void measure(const char* name, const Discs& discs, bool soft) {
  double leastMs[2] = {std::numeric_limits<double>::infinity(),
                       std::numeric_limits<double>::infinity()};
  const MaskKernels* kernels[2] = {&scalarMaskKernels(), &simdMaskKernels()};
  MaskColumns masks;
  for (int round = 0; round < kRounds; ++round) {
    for (int way = 0; way < 2; ++way) {
      const auto start = std::chrono::steady_clock::now();
      require(assembleMasks(discs.instances, discs.source, discs.letterbox, soft, *kernels[way],
                            masks));
      const std::chrono::duration<double, std::milli> elapsed =
          std::chrono::steady_clock::now() - start;
      leastMs[way] = std::min(leastMs[way], elapsed.count());
    }
  }
  double areaPx = 0;
  for (const uint32_t area : masks.areasPx) areaPx += area;
  std::printf("%-44s %6.2f Mpx  scalar %8.2f ms   simd %8.2f ms   ratio %4.1f\n", name,
              areaPx / 1e6, leastMs[0], leastMs[1], leastMs[0] / leastMs[1]);
}

void run() {
  const Discs queries(100, 108, 432, ResizeMode::stretch, false, false);
  measure("100 planes 108 x 108", queries, false);
  measure("100 planes 108 x 108, soft", queries, true);
  Discs candidates(192, 256, 1024, ResizeMode::letterboxTopLeft, false, false);
  candidates.source.viaSize = {1024, 1024};
  measure("192 planes 256 x 256 via 1024 x 1024", candidates, false);
  const Discs regions(100, 28, 800, ResizeMode::letterboxTopLeft, true, true);
  measure("100 planes 28 x 28 over boxes", regions, false);
  measure("100 planes 28 x 28 over boxes, soft", regions, true);
  Discs segments(20, 200, 800, ResizeMode::stretch, true, false);
  segments.source.exclusive.on = true;
  measure("20 exclusive planes 200 x 200", segments, false);
}

}  // namespace
}  // namespace masklet

int main() {
  masklet::run();
  return 0;
}
