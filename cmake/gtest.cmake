# GoogleTest, built from its sources with the flags of this build (sanitizers, wasm). Debian's
# libgtest-dev holds them.
find_path(MASKLET_GTEST_DIR src/gtest-all.cc
  HINTS $ENV{MASKLET_GTEST_DIR}
  PATHS /usr/src/googletest/googletest /usr/src/gtest
  NO_CMAKE_FIND_ROOT_PATH)
if(NOT MASKLET_GTEST_DIR)
  message(FATAL_ERROR "The sources of GoogleTest were not found. Run `npm run setup` "
                      "(Debian: libgtest-dev), or set -DMASKLET_GTEST_DIR to the folder "
                      "that holds src/gtest-all.cc.")
endif()

add_library(masklet_gtest STATIC
  ${MASKLET_GTEST_DIR}/src/gtest-all.cc ${MASKLET_GTEST_DIR}/src/gtest_main.cc)
target_include_directories(masklet_gtest SYSTEM
  PUBLIC ${MASKLET_GTEST_DIR}/include PRIVATE ${MASKLET_GTEST_DIR})
masklet_common_options(masklet_gtest)
target_compile_options(masklet_gtest PRIVATE -w)
if(NOT EMSCRIPTEN)
  find_package(Threads REQUIRED)
  target_link_libraries(masklet_gtest PUBLIC Threads::Threads)
endif()
