// Reader of tests/golden/yolo_seg/*.bin; the layout is described in
// tests/golden/make_yolo_goldens.py.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/instances.h"
#include "core/letterbox.h"
#include "core/view.h"
#include "decode/yolo_seg.h"
#include "simd/mask_kernels.h"
#include "tests/cpp/test_files.h"

namespace masklet::test {

struct GoldenInstance {
  Box boxNet;
  float score = 0;
  uint32_t classId = 0;
  RectPx rectSrc;
  std::vector<uint32_t> runs;
  std::vector<uint8_t> coverage;
};

struct YoloGolden {
  bool endToEnd = false;
  Letterbox letterbox;
  uint32_t classCount = 0;
  DecodeOptions options;
  std::vector<uint8_t> filter;
  std::vector<float> detections;
  std::vector<float> prototypes;
  TensorView detectionsView;
  TensorView prototypesView;
  std::vector<GoldenInstance> instances;

  Status decode(const MaskKernels& kernels, Instances& out) const {
    DecodeOptions filtered = options;
    filtered.classFilter = filter;
    if (endToEnd)
      return decodeYoloSegEndToEnd(detectionsView, prototypesView, classCount, filtered, out);
    return decodeYoloSeg(detectionsView, prototypesView, filtered, kernels, out);
  }
};

inline const std::vector<std::string>& yoloGoldenNames() {
  static const std::vector<std::string> names{"square",
                                              "wide",
                                              "tall",
                                              "odd_sides",
                                              "one_pixel",
                                              "one_row",
                                              "one_column",
                                              "smaller_than_prototypes",
                                              "one_prototype_sample",
                                              "none",
                                              "many",
                                              "one_class",
                                              "ninety_one_classes",
                                              "limited",
                                              "filtered",
                                              "low_overlap",
                                              "top_left",
                                              "stretched",
                                              "end_to_end",
                                              "end_to_end_limited"};
  return names;
}

/// Takes words off the file one after the other.
class GoldenReader {
 public:
  explicit GoldenReader(const std::string& path) : bytes_(readTestFile(path)) {}

  uint32_t integer() {
    uint32_t word = 0;
    if (bytes_.size() - at_ < sizeof(word)) {
      valid_ = false;
      return 0;
    }
    std::memcpy(&word, bytes_.data() + at_, sizeof(word));
    at_ += sizeof(word);
    return word;
  }
  int32_t side() { return static_cast<int32_t>(integer()); }
  float real() { return std::bit_cast<float>(integer()); }
  std::vector<float> reals(size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = real();
    return values;
  }
  bool finished() const { return valid_ && at_ == bytes_.size(); }

 private:
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
  bool valid_ = true;
};

inline GoldenInstance readInstance(GoldenReader& reader) {
  GoldenInstance instance;
  instance.boxNet.x1 = reader.real();
  instance.boxNet.y1 = reader.real();
  instance.boxNet.x2 = reader.real();
  instance.boxNet.y2 = reader.real();
  instance.score = reader.real();
  instance.classId = reader.integer();
  instance.rectSrc.x = reader.side();
  instance.rectSrc.y = reader.side();
  instance.rectSrc.width = reader.side();
  instance.rectSrc.height = reader.side();
  instance.runs.resize(reader.integer());
  for (uint32_t& run : instance.runs) run = reader.integer();
  instance.coverage.resize(reader.integer());
  for (uint8_t& byte : instance.coverage) byte = static_cast<uint8_t>(reader.integer());
  return instance;
}

/// Loads the golden of that name; reports a test failure when the file is missing or does not end
/// where it should.
inline void readYoloGolden(const std::string& name, YoloGolden& golden) {
  GoldenReader reader("golden/yolo_seg/" + name + ".bin");
  ASSERT_EQ(reader.integer(), 0x31475359u) << "missing or not a golden: " << name;
  golden.endToEnd = reader.integer() != 0;
  const int32_t srcWidth = reader.side();
  const SizePx src{srcWidth, reader.side()};
  const int32_t netWidth = reader.side();
  const SizePx net{netWidth, reader.side()};
  ASSERT_TRUE(
      makeLetterbox(src, net, static_cast<ResizeMode>(reader.integer()), golden.letterbox).ok());
  golden.classCount = reader.integer();
  const uint32_t rowCount = reader.integer();
  const uint32_t protoCount = reader.integer();
  const uint32_t protoHeight = reader.integer();
  const uint32_t protoWidth = reader.integer();
  golden.options.scoreThreshold = reader.real();
  golden.options.iouThreshold = reader.real();
  golden.options.maxInstances = reader.integer();
  golden.filter.resize(reader.integer());
  for (uint8_t& keep : golden.filter) keep = static_cast<uint8_t>(reader.integer());
  const uint32_t channels = (golden.endToEnd ? 6 : 4 + golden.classCount) + protoCount;
  golden.detections = reader.reals(size_t{channels} * rowCount);
  golden.prototypes = reader.reals(size_t{protoCount} * protoHeight * protoWidth);
  const std::array<uint32_t, 3> dims{1, golden.endToEnd ? rowCount : channels,
                                     golden.endToEnd ? channels : rowCount};
  ASSERT_TRUE(makeTensorView(golden.detections, dims, golden.detectionsView).ok());
  const std::array<uint32_t, 4> protoDims{1, protoCount, protoHeight, protoWidth};
  ASSERT_TRUE(makeTensorView(golden.prototypes, protoDims, golden.prototypesView).ok());
  golden.instances.resize(reader.integer());
  for (GoldenInstance& instance : golden.instances) instance = readInstance(reader);
  ASSERT_TRUE(reader.finished()) << name;
}

}  // namespace masklet::test
