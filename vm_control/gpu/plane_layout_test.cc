// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/plane_layout.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "vm_control/gpu/test_buffers.h"

namespace vm_control {
namespace {

struct Expected {
  std::vector<const char*> formats;
  uint32_t width, height;
  std::vector<GpuMemoryPlaneDesc> planes;
  uint64_t size;
};

const std::vector<const char*> kFourBytes = {"XR24", "AR24", "XB24", "AB24"};
const std::vector<const char*> kTwoBytes = {"RG16", "GR88"};
const std::vector<const char*> kOneByte = {"R8"};
const std::vector<const char*> kTwoPlanes = {"NV12", "NV21"};
const std::vector<const char*> kThreePlanes = {"YU12", "YV12"};

// Computed by hand: {stride, offset} of each plane.
const Expected kExpected[] = {
    {kFourBytes, 640, 480, {{2560, 0}}, 1228800},
    {kTwoBytes, 640, 480, {{1280, 0}}, 614400},
    {kOneByte, 640, 480, {{640, 0}}, 307200},
    {kTwoPlanes, 640, 480, {{640, 0}, {640, 307200}}, 462848},
    {kThreePlanes, 640, 480, {{640, 0}, {320, 307200}, {320, 384000}}, 462848},

    {kFourBytes, 641, 481, {{2624, 0}}, 1265664},
    {kTwoBytes, 641, 481, {{1344, 0}}, 647168},
    {kOneByte, 641, 481, {{704, 0}}, 339968},
    {kTwoPlanes, 641, 481, {{704, 0}, {704, 338624}}, 512000},
    {kThreePlanes, 641, 481, {{704, 0}, {384, 338624}, {384, 431168}}, 524288},

    {kFourBytes, 1, 1, {{64, 0}}, 4096},
    {kTwoBytes, 1, 1, {{64, 0}}, 4096},
    {kOneByte, 1, 1, {{64, 0}}, 4096},
    {kTwoPlanes, 1, 1, {{64, 0}, {64, 64}}, 4096},
    {kThreePlanes, 1, 1, {{64, 0}, {64, 64}, {64, 128}}, 4096},

    {kTwoPlanes, 1920, 1080, {{1920, 0}, {1920, 2073600}}, 3112960},
    {kThreePlanes, 1920, 1080, {{1920, 0}, {960, 2073600}, {960, 2592000}}, 3112960},

    {kFourBytes, 32768, 32768, {{131072, 0}}, 4294967296},
    {kTwoPlanes, 32768, 32768, {{32768, 0}, {32768, 1073741824}}, 1610612736},
    {kThreePlanes,
     32768,
     32768,
     {{32768, 0}, {16384, 1073741824}, {16384, 1342177280}},
     1610612736},
};

TEST(PlaneLayout, IsAsComputedByHand) {
  for (const Expected& expected : kExpected) {
    for (const char* format : expected.formats) {
      SCOPED_TRACE(std::string(format) + " " + std::to_string(expected.width));
      auto layout = layout_planes(expected.width, expected.height, *parse_fourcc(format));
      ASSERT_TRUE(layout) << layout.error().message();
      std::vector<GpuMemoryPlaneDesc> planes = expected.planes;
      EXPECT_EQ(layout->num_planes, planes.size());
      planes.resize(kMaxGpuPlanes);
      for (size_t i = 0; i < kMaxGpuPlanes; ++i) {
        EXPECT_EQ(layout->desc.planes[i].stride, planes[i].stride) << i;
        EXPECT_EQ(layout->desc.planes[i].offset, planes[i].offset) << i;
      }
      EXPECT_EQ(layout->size, expected.size);
    }
  }
}

TEST(PlaneLayout, RefusesAnEmptyBuffer) {
  for (const char* format : kFormatNames) {
    for (auto [width, height] : {std::pair{0u, 0u}, {0u, 1u}, {1u, 0u}, {0u, UINT32_MAX}}) {
      auto layout = layout_planes(width, height, *parse_fourcc(format));
      ASSERT_FALSE(layout) << format;
      EXPECT_EQ(layout.error().code(), EINVAL);
    }
  }
}

TEST(PlaneLayout, RefusesWhatWouldOverflow) {
  for (const char* format : kFormatNames) {
    for (auto [width, height] : {std::pair{UINT32_MAX, UINT32_MAX},
                                 {UINT32_MAX, 1u},
                                 {1u, UINT32_MAX},
                                 {0x40000000u, 4u},
                                 {0x80000000u, 2u},
                                 {0x10000u, 0x10000u},
                                 {32769u, 1u},
                                 {1u, 32769u}}) {
      auto layout = layout_planes(width, height, *parse_fourcc(format));
      ASSERT_FALSE(layout) << format << " " << width << "x" << height;
      EXPECT_EQ(layout.error().code(), EINVAL);
    }
  }
}

TEST(PlaneLayout, RefusesUnknownFormatsAndNamesThem) {
  for (uint32_t format : {0u, 1u, UINT32_MAX, *parse_fourcc("XR30"), 0xb4325258u}) {
    auto layout = layout_planes(64, 64, format);
    ASSERT_FALSE(layout) << format;
    EXPECT_EQ(layout.error().code(), EINVAL);
    EXPECT_NE(layout.error().message().find(fourcc_name(format)), std::string::npos);
  }
}

struct Sample {
  uint32_t bytes, pixels;
};

const std::map<std::string, std::vector<Sample>> kSamples = {
    {"XR24", {{4, 1}}},
    {"AR24", {{4, 1}}},
    {"XB24", {{4, 1}}},
    {"AB24", {{4, 1}}},
    {"RG16", {{2, 1}}},
    {"GR88", {{2, 1}}},
    {"R8", {{1, 1}}},
    {"NV12", {{1, 1}, {2, 2}}},
    {"NV21", {{1, 1}, {2, 2}}},
    {"YU12", {{1, 1}, {1, 2}, {1, 2}}},
    {"YV12", {{1, 1}, {1, 2}, {1, 2}}},
};

// Every sample of every plane has a place of its own, and little memory is wasted.
void expect_planes_fit(const PlaneLayout& layout, const std::vector<Sample>& samples,
                       uint32_t width, uint32_t height) {
  uint64_t end = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    auto [stride, offset] = layout.desc.planes[i];
    auto [bytes, pixels] = samples[i];
    uint64_t row = uint64_t{(width - 1) / pixels + 1} * bytes;
    ASSERT_EQ(offset, end);
    ASSERT_EQ(stride % 64, 0u);
    ASSERT_GE(stride, row);
    ASSERT_LT(stride, row + 64);
    end = offset + uint64_t{stride} * ((height - 1) / pixels + 1);
  }
  ASSERT_LE(end, layout.size);
  ASSERT_LT(layout.size, end + kPageSize);
  ASSERT_EQ(layout.size % kPageSize, 0u);
}

TEST(PlaneLayout, PlanesOfAnySizeLieApartAndWithinTheBuffer) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    // Small sizes are as frequent as large ones, since rounding matters more to them.
    auto width = static_cast<uint32_t>(random() % (1u << (1 + random() % 15)) + 1);
    auto height = static_cast<uint32_t>(random() % (1u << (1 + random() % 15)) + 1);
    for (const auto& [format, samples] : kSamples) {
      SCOPED_TRACE(format + " " + std::to_string(width) + "x" + std::to_string(height));
      auto layout = layout_planes(width, height, *parse_fourcc(format));
      ASSERT_TRUE(layout);
      ASSERT_NO_FATAL_FAILURE(expect_planes_fit(*layout, samples, width, height));
    }
  }
}

TEST(PlaneLayout, IsThereForEachKnownFourcc) {
  std::istringstream names{std::string(kKnownFourccs)};
  size_t count = 0;
  for (std::string name; names >> name; ++count) {
    EXPECT_TRUE(layout_planes(64, 64, *parse_fourcc(name))) << name;
  }
  EXPECT_EQ(count, 11u);
}

}  // namespace
}  // namespace vm_control
