// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/aml.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "vmm/acpi/resources.h"

namespace vm_control::vmm::aml {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes all;
  for (int each : values) all.push_back(static_cast<std::byte>(each));
  return all;
}

TEST(Aml, WritesIntegersInAsFewBytesAsTheyNeed) {
  EXPECT_EQ(integer(0), bytes({0x00}));
  EXPECT_EQ(integer(1), bytes({0x01}));
  EXPECT_EQ(integer(2), bytes({0x0a, 2}));
  EXPECT_EQ(integer(0xff), bytes({0x0a, 0xff}));
  EXPECT_EQ(integer(0x100), bytes({0x0b, 0x00, 0x01}));
  EXPECT_EQ(integer(0x1'0000), bytes({0x0c, 0, 0, 1, 0}));
  EXPECT_EQ(integer(uint64_t{1} << 32), bytes({0x0e, 0, 0, 0, 0, 1, 0, 0, 0}));
}

// The example of the specification: PNP0C0C is 0x0c0cd041.
TEST(Aml, PacksTheIdsOfPlugAndPlay) {
  EXPECT_EQ(eisa_id("PNP0C0C"), bytes({0x0c, 0x41, 0xd0, 0x0c, 0x0c}));
}

TEST(Aml, EndsStringsWithANul) {
  EXPECT_EQ(string("AB"), bytes({0x0d, 'A', 'B', 0}));
}

TEST(Aml, NestsTermsWithTheirLengths) {
  EXPECT_EQ(scope("_SB_", {device("COM1", {name("_UID", integer(0))})}),
            bytes({0x10, 0x12, '_', 'S', 'B', '_',        //
                   0x5b, 0x82, 0x0b, 'C', 'O', 'M', '1',  //
                   0x08, '_', 'U', 'I', 'D', 0x00}));
}

TEST(Aml, WritesMethodsThatRunOnceAtATime) {
  EXPECT_EQ(method("_EVT", 1, {if_equal(argument(0), integer(7), {notify("PWRB", integer(0x80))})}),
            bytes({0x14, 0x13, '_',  'E',  'V',  'T',  0x09,  //
                   0xa0, 0x0c, 0x93, 0x68, 0x0a, 7,           //
                   0x86, 'P',  'W',  'R',  'B',  0x0a, 0x80}));
}

TEST(Aml, CountsTheElementsOfAPackage) {
  EXPECT_EQ(package({integer(5), integer(0)}), bytes({0x12, 0x05, 2, 0x0a, 5, 0}));
}

struct LengthCase {
  size_t content;  // of the scope, beside its name
  Bytes length;
};

class AmlLength : public testing::TestWithParam<LengthCase> {};

// The length counts its own bytes and the four of the name.
TEST_P(AmlLength, TakesAsFewBytesAsItNeeds) {
  Bytes all = scope("_SB_", {Bytes(GetParam().content)});
  const Bytes& length = GetParam().length;
  EXPECT_EQ(Bytes(all.begin() + 1, all.begin() + 1 + static_cast<long>(length.size())), length);
  EXPECT_EQ(all.size(), 1 + length.size() + 4 + GetParam().content);
}

INSTANTIATE_TEST_SUITE_P(
    All, AmlLength,
    testing::Values(LengthCase{58, bytes({0x3f})}, LengthCase{59, bytes({0x41, 0x04})},
                    LengthCase{0xfff - 6, bytes({0x4f, 0xff})},
                    LengthCase{0x1000 - 6, bytes({0x81, 0x00, 0x01})},
                    LengthCase{0xf'ffff - 7, bytes({0x8f, 0xff, 0xff})},
                    LengthCase{0x10'0000 - 7, bytes({0xc0 | 1, 0x00, 0x00, 0x01})}));

TEST(Resources, OfADeviceEndWithATag) {
  EXPECT_EQ(resource_template({io_ports(0x3f8, 8)}),
            bytes({0x11, 0x0d, 0x0a, 0x0a, 0x47, 1, 0xf8, 3, 0xf8, 3, 1, 8, 0x79, 0}));
}

TEST(Resources, AreMemoryAndInterruptsOfTheDeviceItself) {
  EXPECT_EQ(memory(*GuestRange::create(GuestAddress(0xc000'1000), 0x200)),
            bytes({0x86, 9, 0, 1, 0x00, 0x10, 0x00, 0xc0, 0x00, 0x02, 0, 0}));
  EXPECT_EQ(interrupt(9), bytes({0x89, 6, 0, 0x03, 1, 9, 0, 0, 0}));
}

}  // namespace
}  // namespace vm_control::vmm::aml
