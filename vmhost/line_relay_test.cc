// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/line_relay.h"

#include <gtest/gtest.h>

#include <vector>

namespace vm_control::vmhost {
namespace {

using Lines = std::vector<std::string>;
using std::chrono::milliseconds;

class LineRelayTest : public testing::Test {
 protected:
  Lines add(std::string_view bytes) {
    relay_.add(bytes, now_, [this](const std::string& line) { lines_.push_back(line); });
    return std::exchange(lines_, {});
  }

  Lines finish() {
    relay_.finish(now_, [this](const std::string& line) { lines_.push_back(line); });
    return std::exchange(lines_, {});
  }

  // Uses up the lines that may come at once.
  void exhaust() {
    for (uint32_t i = 0; i < LineRelay::kLinesAtOnce; ++i) EXPECT_EQ(add("x\n"), Lines{"x"});
  }

  LineRelay relay_;
  LineRelay::Clock::time_point now_ = LineRelay::Clock::now();
  Lines lines_;
};

TEST_F(LineRelayTest, SplitsLinesWhereverTheBytesAreCut) {
  EXPECT_EQ(add("one\ntwo\nth"), (Lines{"one", "two"}));
  EXPECT_EQ(add("re"), Lines{});
  EXPECT_EQ(add(""), Lines{});
  EXPECT_EQ(add("e\n\n"), (Lines{"three", ""}));
}

TEST_F(LineRelayTest, EndsTheLastLineAtTheEnd) {
  EXPECT_EQ(add("no line break"), Lines{});
  EXPECT_EQ(finish(), Lines{"no line break"});
  EXPECT_EQ(finish(), Lines{}) << "once";
}

TEST_F(LineRelayTest, EscapesWhatWouldForgeALine) {
  EXPECT_EQ(add("\r\x1b[1Avmctl: all is well\n"), Lines{"\\x0d\\x1b[1Avmctl: all is well"});
}

TEST_F(LineRelayTest, KeepsACharacterWhoseBytesComeApart) {
  EXPECT_EQ(add("\xc3"), Lines{});
  EXPECT_EQ(add("\xbc\n"), Lines{"ü"});
}

TEST_F(LineRelayTest, CutsLongLinesAndSaysSo) {
  const std::string longest(LineRelay::kLongest, 'a');
  EXPECT_EQ(add(longest + "\n"), Lines{longest});
  EXPECT_EQ(add(longest + "b\n"), Lines{longest + " (cut off)"});
  EXPECT_EQ(add(longest), Lines{});
  EXPECT_EQ(add(longest), Lines{});
  EXPECT_EQ(add("b\nnext\n"), (Lines{longest + " (cut off)", "next"}));
}

TEST_F(LineRelayTest, DropsWhatIsTooMuchAndCountsIt) {
  exhaust();
  EXPECT_EQ(add("y\ny\ny\n"), Lines{});
  now_ += milliseconds(50);
  EXPECT_EQ(add("z\nz\n"), (Lines{"3 lines dropped", "z"})) << "twenty a second";
  now_ += milliseconds(50);
  EXPECT_EQ(add("z\n"), (Lines{"1 line dropped", "z"}));
}

TEST_F(LineRelayTest, TellsAtTheEndWhatItDropped) {
  exhaust();
  EXPECT_EQ(add("y\nunfinished"), Lines{});
  EXPECT_EQ(finish(), Lines{"2 lines dropped"});
}

}  // namespace
}  // namespace vm_control::vmhost
