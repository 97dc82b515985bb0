// Goldens read from tests/golden.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace masklet::test {

/// The bytes of tests/`path`; fails the test and returns nothing when the file cannot be read.
inline std::vector<uint8_t> readTestFile(const std::string& path) {
  std::vector<uint8_t> bytes;
  std::FILE* file = std::fopen((std::string(MASKLET_TESTS_DIR) + "/" + path).c_str(), "rb");
  if (file == nullptr) {
    ADD_FAILURE() << "cannot open tests/" << path;
    return bytes;
  }
  std::fseek(file, 0, SEEK_END);
  bytes.resize(static_cast<size_t>(std::ftell(file)));
  std::fseek(file, 0, SEEK_SET);
  EXPECT_EQ(std::fread(bytes.data(), 1, bytes.size(), file), bytes.size()) << path;
  std::fclose(file);
  return bytes;
}

/// Raw image or planes as the golden makers write them: u32 width, u32 height, elements.
template <class T>
struct RawGolden {
  int32_t widthPx = 0;
  int32_t heightPx = 0;
  std::vector<T> elements;
};

template <class T>
RawGolden<T> readRawGolden(const std::string& path) {
  const std::vector<uint8_t> bytes = readTestFile(path);
  RawGolden<T> golden;
  if (bytes.size() < 8) return golden;
  std::memcpy(&golden.widthPx, bytes.data(), 4);
  std::memcpy(&golden.heightPx, bytes.data() + 4, 4);
  golden.elements.resize((bytes.size() - 8) / sizeof(T));
  std::memcpy(golden.elements.data(), bytes.data() + 8, golden.elements.size() * sizeof(T));
  return golden;
}

}  // namespace masklet::test
