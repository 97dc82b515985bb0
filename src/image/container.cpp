#include "image/container.h"

#include <array>

#include "core/limits.h"
#include "image/container_walks.h"
#include "image/file_bytes.h"

namespace masklet {

namespace {

constexpr std::array<uint8_t, 3> kJpegSignature{0xFF, 0xD8, 0xFF};
constexpr std::array<uint8_t, 8> kPngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<uint8_t, 2> kBmpSignature{'B', 'M'};

bool worthItsMemory(const Container& container, size_t fileBytes) {
  const uint64_t pixels = uint64_t{container.widthPx} * container.heightPx;
  return pixels <= limits::kUnquestionedPixels ||
         pixels <= limits::kMaxRgbaBytesPerFileByte / 4 * fileBytes;
}

}  // namespace

bool plausibleSides(const Container& container) {
  const auto plausible = [](uint32_t side) {
    return side >= 1 && side <= static_cast<uint32_t>(limits::kMaxSidePx);
  };
  return plausible(container.widthPx) && plausible(container.heightPx);
}

Container readContainer(FileBytes file) {
  Container container;
  if (startsWith(file, kJpegSignature)) {
    container.format = ContainerFormat::jpeg;
    walkJpeg(file, container);
  } else if (startsWith(file, kPngSignature)) {
    container.format = ContainerFormat::png;
    walkPng(file, container);
  } else if (startsWith(file, kBmpSignature)) {
    container.format = ContainerFormat::bmp;
    walkBmp(file, container);
  }
  if (container.complete() && !worthItsMemory(container, file.size()))
    container.state = FileState::tooCostly;
  return container;
}

}  // namespace masklet
