#include "image/linear_tap.h"

#include <gtest/gtest.h>

using namespace masklet;

TEST(LinearTap, PixelCenter_HasNoWeight) {
  for (int32_t pixel = 0; pixel < 4; ++pixel) {
    const LinearTap tap = linearTap(pixel + 0.5, 5);
    EXPECT_EQ(tap.first, pixel);
    EXPECT_EQ(tap.weight, 0);
  }
}

TEST(LinearTap, FarEdge_IsTheLastPixelFromItsLeftNeighbor) {
  for (const double position : {4.5, 4.9, 5.0, 1e9}) {
    const LinearTap tap = linearTap(position, 5);
    EXPECT_EQ(tap.first, 3);
    EXPECT_EQ(tap.weight, 1);
  }
}

TEST(LinearTap, NearEdge_IsTheFirstPixel) {
  for (const double position : {-1e9, -0.5, 0.0, 0.49}) {
    const LinearTap tap = linearTap(position, 5);
    EXPECT_EQ(tap.first, 0);
    EXPECT_EQ(tap.weight, 0);
  }
}

TEST(LinearTap, Between_IsLinear) {
  const LinearTap tap = linearTap(2.75, 5);
  EXPECT_EQ(tap.first, 2);
  EXPECT_FLOAT_EQ(tap.weight, 0.25f);
}

TEST(LinearTap, OnePixel_IsThatPixel) {
  for (const double position : {-3.0, 0.5, 7.0}) {
    EXPECT_EQ(linearTap(position, 1).first, 0);
    EXPECT_EQ(linearTap(position, 1).weight, 0);
  }
}
