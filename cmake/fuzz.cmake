# libFuzzer targets: the core once more, instrumented, with sanitizers. Clang only.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR
          "MASKLET_FUZZ needs Clang: set CMAKE_CXX_COMPILER, as the preset native-fuzz does.")
endif()

# The profile is for the line coverage that scripts/fuzz.mjs prints.
set(MASKLET_FUZZ_OPTIONS
    -g1 -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
    -fprofile-instr-generate -fcoverage-mapping)

add_library(masklet_core_fuzz STATIC ${MASKLET_CORE_SOURCES} tests/cpp/all_decoders.cpp)
target_include_directories(masklet_core_fuzz PUBLIC src .)
masklet_core_options(masklet_core_fuzz)
target_link_libraries(masklet_core_fuzz PRIVATE masklet_stb)
target_compile_options(masklet_core_fuzz PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer-no-link)
target_compile_definitions(masklet_core_fuzz
  # Checksums are taken as right: a fuzzer would hardly ever get past one.
  PRIVATE FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  PUBLIC MASKLET_FAILING_ALLOCATIONS)

# One *_fuzz.cpp per way in from outside.
add_custom_target(masklet_fuzzers)
foreach(fuzz coco_rle decode_file decoders mask_form mask_operations pixels yolo_seg)
  add_executable(${fuzz}_fuzz tests/fuzz/${fuzz}_fuzz.cpp)
  target_link_libraries(${fuzz}_fuzz PRIVATE masklet_core_fuzz)
  masklet_common_options(${fuzz}_fuzz)
  target_compile_options(${fuzz}_fuzz PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer)
  target_link_options(${fuzz}_fuzz PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer)
  add_dependencies(masklet_fuzzers ${fuzz}_fuzz)
endforeach()
