// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/quantity.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

int code_of(const auto& result) {
  return result ? 0 : result.error().code();
}

TEST(ParseSize, TakesNumbersAndUnits) {
  EXPECT_EQ(*parse_size("0"), 0u);
  EXPECT_EQ(*parse_size("4096"), 4096u);
  EXPECT_EQ(*parse_size("0x80000000"), 0x8000'0000u);
  EXPECT_EQ(*parse_size("64K"), 65536u);
  EXPECT_EQ(*parse_size("64k"), 65536u);
  EXPECT_EQ(*parse_size("128MiB"), uint64_t{128} << 20);
  EXPECT_EQ(*parse_size("2GB"), uint64_t{2} << 30);
  EXPECT_EQ(*parse_size("1T"), uint64_t{1} << 40);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (auto text : {"", "M", "-1", "+1", " 1", "1 ", "1X", "1Kx", "1.5G", "0x", "0xg", "ten"}) {
    EXPECT_EQ(code_of(parse_size(text)), EINVAL) << text;
  }
}

TEST(ParseSize, RefusesWhatDoesNotFit) {
  EXPECT_EQ(*parse_size("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(code_of(parse_size("18446744073709551616")), ERANGE);
  EXPECT_EQ(code_of(parse_size("16777216T")), ERANGE);
  EXPECT_EQ(*parse_size("16777215T"), uint64_t{16777215} << 40);
}

TEST(ParsePageChange, CountsWholePages) {
  EXPECT_EQ(*parse_page_change("+64M", false), 16384);
  EXPECT_EQ(*parse_page_change("-64M", false), -16384);
  EXPECT_EQ(*parse_page_change("8K", false), 2);
  EXPECT_EQ(*parse_page_change("-3", true), -3);
  EXPECT_EQ(*parse_page_change("+3", true), 3);
  EXPECT_EQ(*parse_page_change("0", true), 0);
}

TEST(ParsePageChange, RefusesPartsOfAPageAndTooManyPages) {
  EXPECT_EQ(code_of(parse_page_change("100", false)), EINVAL);
  EXPECT_EQ(code_of(parse_page_change("--1", true)), EINVAL);
  EXPECT_EQ(code_of(parse_page_change("", true)), EINVAL);
  EXPECT_EQ(*parse_page_change("2147483647", true), INT32_MAX);
  EXPECT_EQ(code_of(parse_page_change("2147483648", true)), ERANGE);
  EXPECT_EQ(code_of(parse_page_change("8T", false)), ERANGE);
}

TEST(ParseBalloonChange, IsAStepOrATarget) {
  EXPECT_EQ(parse_balloon_change("-64M", false)->pages, -16384);
  EXPECT_EQ(parse_balloon_change("-64M", false)->target_bytes, std::nullopt);
  EXPECT_EQ(parse_balloon_change("=256M", false)->target_bytes, 256u << 20);
  EXPECT_EQ(parse_balloon_change("=0", false)->target_bytes, 0u);
  EXPECT_EQ(parse_balloon_change("=3", true)->target_bytes, 12288u);
}

TEST(ParseBalloonChange, RefusesTargetsThatAreNone) {
  for (auto text : {"=", "=+4K", "=-4K", "=1", "=much", "==4K"}) {
    EXPECT_EQ(code_of(parse_balloon_change(text, false)), EINVAL) << text;
  }
  EXPECT_EQ(code_of(parse_balloon_change("=4503599627370496", true)), ERANGE);
  EXPECT_EQ(code_of(parse_balloon_change("=99999999999999999999", true)), ERANGE);
}

TEST(FormatSize, TakesTheLargestUnitThatDivides) {
  EXPECT_EQ(format_size(0), "0 bytes");
  EXPECT_EQ(format_size(100), "100 bytes");
  EXPECT_EQ(format_size(4096), "4 KiB");
  EXPECT_EQ(format_size(uint64_t{3} << 29), "1536 MiB");
  EXPECT_EQ(format_size(uint64_t{1} << 40), "1 TiB");
}

TEST(FormatRoughSize, CutsWhatTheLargestUnitDoesNotDivide) {
  EXPECT_EQ(format_rough_size(100), "100 bytes");
  EXPECT_EQ(format_rough_size(4096), "4 KiB");
  EXPECT_EQ(format_rough_size(uint64_t{3} << 29), "1.5 GiB");
  EXPECT_EQ(format_rough_size((uint64_t{1} << 30) - 4096), "1023.9 MiB");
  EXPECT_EQ(format_rough_size(UINT64_MAX), "16777215.9 TiB");
}

TEST(FormatUptime, SaysWhatMatters) {
  using namespace std::chrono_literals;
  EXPECT_EQ(format_uptime(0s), "0s");
  EXPECT_EQ(format_uptime(59s + 999ms), "59s");
  EXPECT_EQ(format_uptime(65s), "1m 5s");
  EXPECT_EQ(format_uptime(4h - 1s), "3h 59m");
  EXPECT_EQ(format_uptime(48h), "2d 0h");
  EXPECT_EQ(format_uptime(24h * 400 + 23h), "400d 23h");
}

}  // namespace
}  // namespace vm_control::vmctl
