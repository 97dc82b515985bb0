# stb_image.h is found, never copied in: MASKLET_STB_DIR (scripts/setup writes it), else the
# system's own. An INTERFACE target `masklet_stb`, so that `#include "stb_image.h"` works.

# The toolchain file of scripts/setup sets it for wasm; natively the set-up leaves a small file for
# CMake.
include(${CMAKE_CURRENT_SOURCE_DIR}/.cache/setup.cmake OPTIONAL)

find_path(MASKLET_STB_INCLUDE stb_image.h
  HINTS ${MASKLET_STB_DIR} $ENV{MASKLET_STB_DIR}
  PATHS /usr/include /usr/local/include /opt/homebrew/include
  PATH_SUFFIXES stb
  NO_CMAKE_FIND_ROOT_PATH)
if(NOT MASKLET_STB_INCLUDE)
  message(FATAL_ERROR "stb_image.h was not found. Run `npm run setup`, or put stb_image.h "
                      "(version 2.30 or newer) into a "
                      "folder and name it with -DMASKLET_STB_DIR=FOLDER.")
endif()

add_library(masklet_stb INTERFACE)
# SYSTEM: its warnings are not ours.
target_include_directories(masklet_stb SYSTEM INTERFACE ${MASKLET_STB_INCLUDE})
