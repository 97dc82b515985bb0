// Out of memory is a status here, so the address sanitizer must let malloc return null instead of
// ending the run.

#if defined(__SANITIZE_ADDRESS__)
#define MASKLET_TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MASKLET_TEST_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef MASKLET_TEST_ADDRESS_SANITIZER
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
#endif
