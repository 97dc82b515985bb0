// Every request for memory refused once.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/allocate.h"
#include "core/status.h"

namespace masklet::test {

/// Calls `work` with its first, second ... request for memory refused until it asks for no more;
/// each call must say outOfMemory, the last one must be ok.
template <class Work>
void forEveryFailingAllocation(const std::string& name, const Work& work) {
  constexpr uint64_t kTooMany = 100000;
  for (uint64_t n = 1; n < kTooMany; ++n) {
    allocationFailure = {.failAt = n};
    const Status status = work();
    const bool refused = allocationFailure.refused;
    allocationFailure = {};
    if (!refused) {
      EXPECT_TRUE(status.ok()) << name;
      EXPECT_GT(n, 1u) << name << " asks for no memory at all";
      return;
    }
    ASSERT_EQ(status.code, StatusCode::outOfMemory) << name << ", request " << n;
  }
  FAIL() << name << " never ends";
}

}  // namespace masklet::test
