// What must hold for every decoder: hostile dimensions take no memory, nothing that is not finite
// passes, and any request for memory may fail.
#include "tests/cpp/all_decoders.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/allocate.h"
#include "tests/cpp/failing_allocations.h"

namespace masklet::test {
namespace {

constexpr uint32_t kHuge = 500'000'000;
constexpr size_t kHardlyAnything = 1 << 20;

struct Decoded {
  Instances instances;
  MaskColumns masks;
};

Status run(const NamedDecoder& decoder, const OutputPlan& plan, Decoded& decoded) {
  return decoder.run(plan, DecoderSetting(), decoded.instances, decoded.masks);
}

}  // namespace

TEST(AllDecoders, UsualOutputs_GiveObjectsWithMasks) {
  for (const NamedDecoder& decoder : allDecoders()) {
    Decoded decoded;
    ASSERT_TRUE(run(decoder, {}, decoded).ok()) << decoder.name;
    EXPECT_GT(decoded.instances.count(), 0u) << decoder.name;
    EXPECT_GT(decoded.masks.count(), 0u) << decoder.name;
  }
}

TEST(AllDecoders, NoElementsWithHugeDimensions_TakeNoMemory) {
  const OutputPlan plans[] = {
      {.objects = 0},
      {.objects = 0, .classes = kHuge},
      {.objects = 0, .classes = 0xFFFFFFF0u},
      {.objects = 0, .msk = {kMaxSidePx, 0}},
      {.objects = 0, .classes = kHuge, .msk = {0, kMaxSidePx}},
  };
  for (const NamedDecoder& decoder : allDecoders()) {
    for (const OutputPlan& plan : plans) {
      allocationFailure = {};
      Decoded decoded;
      (void)run(decoder, plan, decoded);
      EXPECT_EQ(decoded.instances.count(), 0u) << decoder.name;
      EXPECT_EQ(decoded.masks.count(), 0u) << decoder.name;
      EXPECT_LT(allocationFailure.largestBytes, kHardlyAnything) << decoder.name;
    }
  }
}

// Planes are counted by objects: none, and each as large as a plane can be.
TEST(AllDecoders, NoObjectsWithTheLargestPlanes_TakeNoMemory) {
  for (const NamedDecoder& decoder : allDecoders()) {
    if (decoder.name.find("yol") == 0) continue;  // prototypes are there whatever the objects
    allocationFailure = {};
    Decoded decoded;
    (void)run(decoder, {.objects = 0, .msk = {kMaxSidePx, kMaxSidePx}}, decoded);
    EXPECT_EQ(decoded.instances.count(), 0u) << decoder.name;
    EXPECT_LT(allocationFailure.largestBytes, kHardlyAnything) << decoder.name;
  }
}

TEST(AllDecoders, ScoresThatAreNotFinite_AreDropped) {
  using Limits = std::numeric_limits<float>;
  for (const NamedDecoder& decoder : allDecoders()) {
    for (const float hostile : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
      OutputPlan plan;
      plan.score = [&](float) { return hostile; };
      Decoded decoded;
      ASSERT_TRUE(run(decoder, plan, decoded).ok()) << decoder.name;
      EXPECT_EQ(decoded.instances.count(), 0u) << decoder.name << " all " << hostile;
      for (int hostileAt = 0; hostileAt < 12; ++hostileAt) {
        int at = 0;
        plan.score = [&](float usual) { return at++ == hostileAt ? hostile : usual; };
        ASSERT_TRUE(run(decoder, plan, decoded).ok()) << decoder.name;
        for (const float score : decoded.instances.scores)
          ASSERT_TRUE(std::isfinite(score)) << decoder.name << " " << hostile;
      }
    }
  }
}

TEST(AllDecoders, ValuesThatAreNotFinite_LeaveFiniteBoxes) {
  using Limits = std::numeric_limits<float>;
  for (const NamedDecoder& decoder : allDecoders()) {
    for (const float hostile : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                                Limits::max(), Limits::lowest()}) {
      for (int hostileAt = 0; hostileAt < 40; ++hostileAt) {
        OutputPlan plan;
        int at = 0;
        plan.value = [&](float usual) { return at++ == hostileAt ? hostile : usual; };
        Decoded decoded;
        const Status status = run(decoder, plan, decoded);
        if (!status.ok()) continue;
        for (const Box& box : decoded.instances.boxesNet)
          ASSERT_TRUE(box.finite()) << decoder.name << " " << hostile;
        for (const float score : decoded.instances.scores)
          ASSERT_TRUE(std::isfinite(score)) << decoder.name << " " << hostile;
      }
    }
  }
}

TEST(AllDecoders, AnyAllocationFails_IsOutOfMemoryAndTheNextCallWorks) {
  for (const NamedDecoder& decoder : allDecoders()) {
    Decoded decoded;
    forEveryFailingAllocation(decoder.name, [&] {
      decoded = {};
      return run(decoder, {}, decoded);
    });
    EXPECT_GT(decoded.masks.count(), 0u) << decoder.name;
  }
}

}  // namespace masklet::test
