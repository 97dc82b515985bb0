// Reader of tests/golden/mask/goldens.txt; make_mask_goldens.py tells what its lines mean.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "mask_bitmaps.h"

namespace masklet::testing {

struct MaskGolden {
  std::string name;
  SizePx size;
  Bitmap bitmap;  ///< the whole image
  std::string counts;
  uint32_t area = 0;
  RectPx box;
  size_t outers = 0;
  int holes = 0;  ///< -1: not comparable
};

struct IouGolden {
  std::string detection;
  std::string truth;
  double iou = 0;
  double crowdIou = 0;
};

struct PolygonGolden {
  SizePx size;
  std::vector<double> points;
  std::vector<uint32_t> ringOffsets{0};
  std::string counts;
};

/// Calls `read(fields)` for each line that begins with `kind`.
template <class Read>
void forEachGolden(const std::string& kind, const Read& read) {
  std::ifstream file(MASKLET_TESTS_DIR "/golden/mask/goldens.txt");
  ASSERT_TRUE(file.good()) << "goldens.txt cannot be read";
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string first;
    fields >> first;
    if (first != kind) continue;
    read(fields);
    ASSERT_FALSE(fields.fail()) << line;
  }
}

inline std::vector<MaskGolden> readMaskGoldens() {
  std::vector<MaskGolden> goldens;
  forEachGolden("mask", [&](std::istream& fields) {
    MaskGolden golden;
    std::string hex;
    fields >> golden.name >> golden.size.width >> golden.size.height >> hex >> golden.counts >>
        golden.area;
    fields >> golden.box.x >> golden.box.y >> golden.box.width >> golden.box.height >>
        golden.outers >> golden.holes;
    golden.bitmap = Bitmap({0, 0, golden.size.width, golden.size.height});
    for (size_t index = 0; index < golden.bitmap.pixels.size(); ++index) {
      const int digit = std::stoi(hex.substr(index / 4, 1), nullptr, 16);
      golden.bitmap.pixels[index] = static_cast<uint8_t>(digit >> (3 - index % 4) & 1);
    }
    goldens.push_back(golden);
  });
  return goldens;
}

inline std::vector<IouGolden> readIouGoldens() {
  std::vector<IouGolden> goldens;
  forEachGolden("iou", [&](std::istream& fields) {
    IouGolden golden;
    fields >> golden.detection >> golden.truth >> golden.iou >> golden.crowdIou;
    goldens.push_back(golden);
  });
  return goldens;
}

inline std::vector<PolygonGolden> readPolygonGoldens() {
  std::vector<PolygonGolden> goldens;
  forEachGolden("polygon", [&](std::istream& fields) {
    PolygonGolden golden;
    size_t rings = 0;
    fields >> golden.size.width >> golden.size.height >> rings;
    for (; rings > 0; --rings) {
      size_t count = 0;
      fields >> count;
      for (size_t index = 0; index < 2 * count; ++index) {
        double coordinate = 0;
        fields >> coordinate;
        golden.points.push_back(coordinate);
      }
      golden.ringOffsets.push_back(static_cast<uint32_t>(golden.points.size() / 2));
    }
    fields >> golden.counts;
    goldens.push_back(golden);
  });
  return goldens;
}

}  // namespace masklet::testing
