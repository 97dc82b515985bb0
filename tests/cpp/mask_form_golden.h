// Runs the cases of tests/golden/mask_forms/goldens.txt; make_mask_form_goldens.py tells what its
// lines mean.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "mask/coco_rle.h"
#include "tests/cpp/slow_masks.h"

namespace masklet::test {

inline MaskForm maskFormOf(const std::string& name) {
  if (name == "planes") return MaskForm::planes;
  return name == "boxPlanes" ? MaskForm::boxPlanes : MaskForm::croppedPrototypes;
}

/// The rest of one line, after its name and form.
inline void expectMaskFormGolden(const std::string& form, std::istream& fields) {
  uint32_t paste = 0, mode = 0, planeCount = 0;
  SizePx src, net, msk, via;
  float threshold = 0;
  bool cropToBox = false;
  Box box;
  fields >> paste >> src.width >> src.height >> net.width >> net.height >> mode >> planeCount >>
      msk.height >> msk.width >> threshold >> via.width >> via.height >> cropToBox >> box.x1 >>
      box.y1 >> box.x2 >> box.y2;
  PlaneScene scene(src, net, static_cast<ResizeMode>(mode), msk, planeCount);
  scene.source.form = maskFormOf(form);
  scene.source.paste = static_cast<BoxPaste>(paste);
  scene.source.threshold = threshold;
  scene.source.viaSize = via;
  scene.source.cropToBox = cropToBox;
  scene.add(box, 0);
  if (scene.source.form == MaskForm::croppedPrototypes) {
    scene.instances.coefficientCount = planeCount;
    ASSERT_TRUE(scene.instances.coefficients.resize(planeCount).ok());
    for (float& value : scene.instances.coefficients) fields >> value;
  }
  for (float& value : scene.planes) fields >> value;
  std::string counts;
  fields >> counts;
  ASSERT_FALSE(fields.fail());
  for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(false, masks, *kernels).ok());
    Buffer<uint32_t> found;
    Buffer<char> text;
    ASSERT_TRUE(cocoCountsFromMask({masks.rectsSrc[0], masks.runs.span()}, src, found).ok());
    ASSERT_TRUE(cocoStringFromCounts(found.span(), text).ok());
    EXPECT_EQ(std::string(text.begin(), text.end()), counts);
  }
}

/// Every case of the form; returns how many there were.
inline size_t expectMaskFormGoldens(const std::string& form) {
  std::ifstream file(MASKLET_TESTS_DIR "/golden/mask_forms/goldens.txt");
  EXPECT_TRUE(file.good()) << "goldens.txt cannot be read";
  size_t cases = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string kind, name, lineForm;
    fields >> kind >> name >> lineForm;
    if (lineForm != form) continue;
    SCOPED_TRACE(name);
    expectMaskFormGolden(form, fields);
    ++cases;
  }
  return cases;
}

}  // namespace masklet::test
