// SPDX-License-Identifier: BSD-3-Clause
#include "guest/line_editor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vm_control::guest {
namespace {

struct Session {
  void type(const std::string& characters) {
    for (char each : characters) {
      const LineEditor::Step step = editor.type(each);
      echo.append(step.echo.data, step.echo.size);
      if (!step.complete) continue;
      lines.emplace_back(editor.line().data, editor.line().size);
      too_long.push_back(editor.too_long());
    }
  }

  LineEditor editor;
  std::string echo;
  std::vector<std::string> lines;
  std::vector<bool> too_long;
};

using Strings = std::vector<std::string>;

TEST(LineEditor, EndsALineWithReturnNewlineOrBoth) {
  Session session;
  session.type("one\rtwo\nthree\r\nfour\r");
  EXPECT_EQ(session.lines, (Strings{"one", "two", "three", "four"}));
}

TEST(LineEditor, TellsTwoEndsFromOnePair) {
  Session session;
  session.type("\r\r\n\n\n");
  EXPECT_EQ(session.lines, (Strings{"", "", "", ""}));
}

TEST(LineEditor, EchoesWhatItTakes) {
  Session session;
  session.type("a\x01\x1b\xff\tb\r\n");
  EXPECT_EQ(session.echo, "a b\n");
  EXPECT_EQ(session.lines, (Strings{"a b"}));
}

TEST(LineEditor, TakesBackWithBackspaceAndDelete) {
  Session session;
  session.type(
      "axy\b\x7f"
      "b\r");
  EXPECT_EQ(session.lines, (Strings{"ab"}));
  EXPECT_EQ(session.echo, "axy\b \b\b \bb\n");
}

TEST(LineEditor, IgnoresBackspaceOnAnEmptyLine) {
  Session session;
  session.type(
      "\b\x7f\x15"
      "ab\x15\bcd\r\bef\r");
  EXPECT_EQ(session.lines, (Strings{"cd", "ef"}));
}

TEST(LineEditor, KeepsALineOfTheGreatestLength) {
  const std::string line(LineEditor::kMaxLength, 'x');
  Session session;
  session.type(line + "\r");
  EXPECT_EQ(session.lines, (Strings{line}));
  EXPECT_EQ(session.too_long, std::vector<bool>{false});
}

TEST(LineEditor, ReportsALineThatIsTooLongAndStartsAfresh) {
  Session session;
  session.type(std::string(5000, 'x') + "\rhelp\r");
  EXPECT_EQ(session.too_long, (std::vector<bool>{true, false}));
  EXPECT_EQ(session.lines[1], "help");
}

TEST(LineEditor, FindsTheWayBackFromALineThatIsTooLong) {
  Session session;
  session.type("help" + std::string(300, 'x') + std::string(300, '\b') + "\r");
  session.type(std::string(300, 'x') +
               "\x15"
               "irqs\r");
  EXPECT_EQ(session.lines, (Strings{"help", "irqs"}));
  EXPECT_EQ(session.too_long, (std::vector<bool>{false, false}));
}

}  // namespace
}  // namespace vm_control::guest
