# The one wasm artifact: masklet_core.{js,wasm,d.ts}.
set(MASKLET_WASM_OUTPUT ${CMAKE_CURRENT_SOURCE_DIR}/web/core/generated CACHE PATH "Where the built module is put")

add_executable(masklet_module wasm/bindings.cpp)
set_target_properties(masklet_module PROPERTIES OUTPUT_NAME masklet_core SUFFIX .js)
target_link_libraries(masklet_module PRIVATE masklet_stages)
masklet_common_options(masklet_module)
target_compile_options(masklet_module PRIVATE ${MASKLET_WASM_MODULE_COMPILE_OPTIONS})
target_link_options(masklet_module PRIVATE ${MASKLET_WASM_LINK_OPTIONS})

add_custom_command(TARGET masklet_module POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E make_directory ${MASKLET_WASM_OUTPUT}
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
          ${CMAKE_CURRENT_BINARY_DIR}/masklet_core.js ${CMAKE_CURRENT_BINARY_DIR}/masklet_core.wasm
          ${CMAKE_CURRENT_BINARY_DIR}/masklet_core.d.ts ${MASKLET_WASM_OUTPUT}
  VERBATIM)
