#include "core/buffer.h"

#include <gtest/gtest.h>

#include <limits>

using namespace masklet;

TEST(Buffer, Fresh_IsEmpty) {
  Buffer<float> buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.span().empty());
}

TEST(Buffer, Resize_KeepsContentsAndCapacity) {
  Buffer<int32_t> buffer;
  ASSERT_TRUE(buffer.resize(3).ok());
  for (int32_t i = 0; i < 3; ++i) buffer[static_cast<size_t>(i)] = i * 10;
  ASSERT_TRUE(buffer.resize(1000).ok());
  EXPECT_EQ(buffer[2], 20);
  const size_t capacity = buffer.capacity();
  ASSERT_TRUE(buffer.resize(1).ok());
  EXPECT_EQ(buffer.size(), 1u);
  EXPECT_EQ(buffer.capacity(), capacity);
}

TEST(Buffer, Resize_Zero_IsOk) {
  Buffer<float> buffer;
  EXPECT_TRUE(buffer.resize(0).ok());
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, Push_OwnElementWhileGrowing_IsCopiedFirst) {
  Buffer<uint64_t> buffer;
  ASSERT_TRUE(buffer.push(42).ok());
  while (buffer.size() < buffer.capacity()) ASSERT_TRUE(buffer.push(0).ok());
  ASSERT_TRUE(buffer.push(buffer[0]).ok());
  EXPECT_EQ(buffer[buffer.size() - 1], 42u);
}

TEST(Buffer, Push_Many_KeepsOrder) {
  Buffer<uint32_t> buffer;
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_TRUE(buffer.push(i).ok());
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(buffer[i], i);
}

TEST(Buffer, Reserve_ByteCountOverflows_FailsAndChangesNothing) {
  Buffer<uint64_t> buffer;
  ASSERT_TRUE(buffer.push(5).ok());
  const Status status = buffer.resize(std::numeric_limits<size_t>::max() / 4);
  EXPECT_EQ(status.code, StatusCode::outOfMemory);
  EXPECT_GT(status.value, static_cast<double>(std::numeric_limits<size_t>::max()));
  EXPECT_EQ(buffer.size(), 1u);
  EXPECT_EQ(buffer[0], 5u);
}

TEST(Buffer, Reserve_MoreThanAvailableMemory_FailsAndTheNextCallWorks) {
  Buffer<uint8_t> buffer;
  ASSERT_TRUE(buffer.push(7).ok());
  // volatile: the compiler would warn of what is tested here
  const volatile size_t most = std::numeric_limits<size_t>::max();
  const size_t count = most - 65536;
  const Status status = buffer.reserve(count);
  EXPECT_EQ(status.code, StatusCode::outOfMemory);
  EXPECT_EQ(status.value, static_cast<double>(count));
  EXPECT_EQ(buffer[0], 7);
  EXPECT_TRUE(buffer.resize(100).ok());
}

TEST(Buffer, Move_TakesTheMemory) {
  Buffer<uint8_t> from;
  ASSERT_TRUE(from.resize(10).ok());
  const uint8_t* data = from.data();
  Buffer<uint8_t> to(std::move(from));
  EXPECT_EQ(to.data(), data);
  Buffer<uint8_t> other;
  ASSERT_TRUE(other.resize(3).ok());
  other = std::move(to);
  EXPECT_EQ(other.data(), data);
  EXPECT_EQ(other.size(), 10u);
}

TEST(Buffer, Adopt_FreesTheOldAndTakesTheNew) {
  Buffer<uint16_t> buffer;
  ASSERT_TRUE(buffer.resize(100).ok());
  auto* allocated = static_cast<uint16_t*>(std::malloc(4 * sizeof(uint16_t)));
  for (uint16_t i = 0; i < 4; ++i) allocated[i] = i;
  buffer.adopt(allocated, 4);
  EXPECT_EQ(buffer.data(), allocated);
  EXPECT_EQ(buffer.size(), 4u);
  ASSERT_TRUE(buffer.resize(50).ok());
  EXPECT_EQ(buffer[3], 3);
}

TEST(Buffer, Reset_FreesTheMemory) {
  Buffer<double> buffer;
  ASSERT_TRUE(buffer.resize(9).ok());
  buffer.reset();
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.data(), nullptr);
}
