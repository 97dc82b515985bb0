# Compile options of the core and of its tests.

set(MASKLET_COMMON_OPTIONS
  -Wall -Wextra -Wshadow
  # Results must not depend on whether a compiler fuses a multiply and an add: goldens are bit-exact
  # across targets.
  -ffp-contract=off
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Vector types as arguments: GCC notes that their ABI changed in version 4.6.
  list(APPEND MASKLET_COMMON_OPTIONS -Wno-psabi)
endif()

set(MASKLET_SANITIZE_OPTIONS
    -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
    -fno-omit-frame-pointer)

function(masklet_common_options target)
  target_compile_options(${target} PRIVATE ${MASKLET_COMMON_OPTIONS})
  if(MASKLET_SCALAR)
    target_compile_definitions(${target} PUBLIC MASKLET_SCALAR=1)
  endif()
  if(EMSCRIPTEN)
    target_compile_options(${target} PRIVATE ${MASKLET_WASM_COMPILE_OPTIONS})
  endif()
  if(MASKLET_SANITIZE)
    target_compile_options(${target} PRIVATE ${MASKLET_SANITIZE_OPTIONS})
    target_link_options(${target} PUBLIC ${MASKLET_SANITIZE_OPTIONS})
  endif()
endfunction()

# The core reports errors as values: exceptions and RTTI are off, so that none can creep in.
function(masklet_core_options target)
  masklet_common_options(${target})
  target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)

  # The scalar kernels define what is right and are what SIMD is measured against, so the compiler
  # must not vectorize them.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(scalarOptions "-fno-tree-vectorize;-fno-tree-slp-vectorize")
  else()
    set(scalarOptions "-fno-vectorize;-fno-slp-vectorize")
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "_scalar\\.cpp$")
  if(sources)
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${scalarOptions}")
  endif()
endfunction()

function(masklet_test_options target)
  masklet_common_options(${target})
  # Tests read goldens from here and put nothing there.
  target_compile_definitions(
    ${target} PRIVATE MASKLET_TESTS_DIR="${CMAKE_CURRENT_SOURCE_DIR}/tests")
  if(EMSCRIPTEN)
    target_link_options(${target} PRIVATE ${MASKLET_WASM_TEST_LINK_OPTIONS})
    # package.json makes .js files ES modules; this glue is CommonJS.
    set_target_properties(${target} PROPERTIES SUFFIX .cjs)
  endif()
endfunction()
