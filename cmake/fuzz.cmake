# libFuzzer targets: the core once more, instrumented, with sanitizers. Clang only.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR
          "MASKLET_FUZZ needs Clang: set CMAKE_CXX_COMPILER, as the preset native-fuzz does.")
endif()

set(MASKLET_FUZZ_OPTIONS
    -g1 -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all)

add_library(masklet_core_fuzz STATIC ${MASKLET_CORE_SOURCES})
target_include_directories(masklet_core_fuzz PUBLIC src .)
masklet_core_options(masklet_core_fuzz)
target_link_libraries(masklet_core_fuzz PRIVATE masklet_stb)
target_compile_options(masklet_core_fuzz PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer-no-link)
# Checksums are taken as right: a fuzzer would hardly ever get past one.
target_compile_definitions(masklet_core_fuzz PRIVATE FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)

# One *_fuzz.cpp per way in from outside.
foreach(fuzz coco_rle_fuzz decode_file_fuzz mask_form_fuzz yolo_seg_fuzz)
  add_executable(${fuzz} tests/fuzz/${fuzz}.cpp)
  target_link_libraries(${fuzz} PRIVATE masklet_core_fuzz)
  masklet_common_options(${fuzz})
  target_compile_options(${fuzz} PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer)
  target_link_options(${fuzz} PRIVATE ${MASKLET_FUZZ_OPTIONS} -fsanitize=fuzzer)
endforeach()
