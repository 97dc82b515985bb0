# Flags of the wasm build, each with its reason in front.

set(MASKLET_WASM_COMPILE_OPTIONS
  # 128-bit SIMD: in every browser since 2023; the one artifact needs no fallback.
  -msimd128
)

set(MASKLET_WASM_MODULE_COMPILE_OPTIONS
  # The core reports errors as values; Embind works without exceptions and type names.
  -fno-exceptions -fno-rtti
  # Unbound type names only serve error texts of Embind and cost size.
  -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0
)

set(MASKLET_WASM_LINK_OPTIONS
  # As in compiling: picks the variant of Embind's library whose type ids match.
  -fno-exceptions -fno-rtti
  # Bindings by registration; the glue validates the number of arguments.
  -lembind
  # 64-bit integers cross as BigInt; also spares a post-link pass that npm's Binaryen lacks.
  -sWASM_BIGINT
  # An ES module whose factory makes a fresh instance, so that a trapped module can be replaced.
  -sMODULARIZE -sEXPORT_ES6 -sEXPORT_NAME=createMaskletCore
  # Photos are large: start small and grow. Views are made anew after each call that may grow
  # (web/core/heap.ts).
  -sINITIAL_MEMORY=4MB -sSTACK_SIZE=256KB -sALLOW_MEMORY_GROWTH
  # All of wasm32's address space: a photo at the limit that a caller may raise is 4 bytes a pixel,
  # and so is what decodes it.
  -sMAXIMUM_MEMORY=4GB
  # Out of memory is a status of the core, not an abort.
  -sABORTING_MALLOC=0
  # Window and worker. Node too: web/core/load.ts reads and compiles the file itself everywhere, and
  # a Node branch in the glue would make its factory wait, so that a trapped instance could not be
  # replaced within a synchronous call.
  -sENVIRONMENT=web,worker
  # All that web/core/instance.ts hands in.
  -sINCOMING_MODULE_JS_API=instantiateWasm,printErr
  # No eval or new Function in the glue: a strict Content-Security-Policy holds.
  -sDYNAMIC_EXECUTION=0
  # No file is ever opened by the core.
  -sFILESYSTEM=0
  # Not the smaller emmalloc: it compares end addresses that wrap around at 4 GB, so that an image
  # too large for the memory would be given a block of some kilobytes.
  -sMALLOC=dlmalloc
  # A library: no main, nothing runs on loading and nothing at exit.
  --no-entry -sINVOKE_RUN=0 -sEXIT_RUNTIME=0
  # What web/core/heap.ts reads from the module object besides the registered class.
  -sEXPORTED_RUNTIME_METHODS=HEAPU8
  # Types of the registered class for TypeScript.
  --emit-tsd=masklet_core.d.ts
)

set(MASKLET_WASM_TEST_LINK_OPTIONS
  -sWASM_BIGINT -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB -sABORTING_MALLOC=0
  # The tests run under node and read their goldens from the disk.
  -sENVIRONMENT=node -sNODERAWFS
  # GoogleTest's exit code is node's.
  -sEXIT_RUNTIME
  # GoogleTest and its printers use more than the default 64 kB.
  -sSTACK_SIZE=1MB
  # A stack that runs over ends the run.
  -sSTACK_OVERFLOW_CHECK=1
)
