// SPDX-License-Identifier: BSD-3-Clause
#include "guest/command.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace vm_control::guest {
namespace {

using Arguments = std::array<uint32_t, Command::kMaxArguments>;

void expect_command(const char* line, Verb verb, Arguments arguments) {
  Command command;
  Line error;
  ASSERT_EQ(parse_command(line, command, error), Parse::kCommand)
      << line << ": " << std::string(error.text().data, error.text().size);
  EXPECT_EQ(command.verb, verb) << line;
  EXPECT_EQ(std::to_array(command.argument), arguments) << line;
}

std::string error_of(const std::string& line) {
  Command command;
  Line error;
  const Text text(line.data(), static_cast<uint32_t>(line.size()));
  if (parse_command(text, command, error) != Parse::kError) return "no error";
  return {error.text().data, error.text().size};
}

TEST(Command, IsReadWithItsArguments) {
  expect_command("help", Verb::kHelp, {});
  expect_command("peek 0x80000000", Verb::kPeek, {0x80000000});
  expect_command(" poke  4 5 ", Verb::kPoke, {4, 5});
  expect_command("fill 1 2 0xff", Verb::kFill, {1, 2, 0xff});
  expect_command("sum 3 4", Verb::kSum, {3, 4});
  expect_command("irqs", Verb::kIrqs, {});
  expect_command("balloon", Verb::kBalloon, {});
  expect_command("abuse 1000", Verb::kAbuse, {1000});
  expect_command("halt", Verb::kHalt, {});
}

TEST(Command, OutWritesOneByteUnlessToldOtherwise) {
  expect_command("out 0x80 255", Verb::kOut, {0x80, 255, 1});
  expect_command("out 0x80 0xffff 2", Verb::kOut, {0x80, 0xffff, 2});
  expect_command("out 0xfffc 0xffffffff 4", Verb::kOut, {0xfffc, 0xffffffff, 4});
}

TEST(Command, IsNothingOnABlankLine) {
  Command command;
  Line error;
  EXPECT_EQ(parse_command("", command, error), Parse::kNothing);
  EXPECT_EQ(parse_command(" \t", command, error), Parse::kNothing);
}

TEST(Command, RefusesUnknownNames) {
  EXPECT_EQ(error_of("peeks 1"), "unknown command: peeks (type help)");
  EXPECT_EQ(error_of("PEEK 1"), "unknown command: PEEK (type help)");
  EXPECT_EQ(error_of("1"), "unknown command: 1 (type help)");
}

TEST(Command, RefusesTooFewAndTooManyArguments) {
  EXPECT_EQ(error_of("peek"), "missing argument: usage: peek ADDR");
  EXPECT_EQ(error_of("fill 1 2"), "missing argument: usage: fill ADDR LENGTH BYTE");
  EXPECT_EQ(error_of("peek 1 2"), "too many arguments: usage: peek ADDR");
  EXPECT_EQ(error_of("halt now"), "too many arguments: usage: halt");
  EXPECT_EQ(error_of("out 1 2 1 1 1 1 1"), "too many arguments: usage: out PORT VALUE [1|2|4]");
}

TEST(Command, RefusesWhatIsNoNumber) {
  EXPECT_EQ(error_of("peek 12q"), "not a number: 12q (decimal or 0x hexadecimal, 32 bits)");
  EXPECT_EQ(error_of("poke 0 0x100000000"),
            "not a number: 0x100000000 (decimal or 0x hexadecimal, 32 bits)");
}

TEST(Command, RefusesMisalignedWords) {
  EXPECT_EQ(error_of("peek 2"), "misaligned address: 0x00000002 is not a multiple of 4");
  EXPECT_EQ(error_of("poke 0xffffffff 1"), "misaligned address: 0xffffffff is not a multiple of 4");
}

TEST(Command, RefusesRangesThatPassTheEndOfTheAddressSpace) {
  const std::string end = " pass the end of the address space";
  EXPECT_EQ(error_of("sum 0xfffffff0 17"),
            "range too long: 0x00000011 bytes from 0xfffffff0" + end);
  EXPECT_EQ(error_of("fill 0xffffffff 0xffffffff 0"),
            "range too long: 0xffffffff bytes from 0xffffffff" + end);
  expect_command("sum 0xfffffff0 16", Verb::kSum, {0xfffffff0, 16});
  expect_command("sum 0xffffffff 0", Verb::kSum, {0xffffffff, 0});
  expect_command("sum 0 0xffffffff", Verb::kSum, {0, 0xffffffff});
}

TEST(Command, RefusesValuesThatAreTooWide) {
  EXPECT_EQ(error_of("fill 0 1 256"), "BYTE out of range: 0x00000100 is above 0x000000ff");
  EXPECT_EQ(error_of("out 0x10000 1"), "PORT out of range: 0x00010000 is above 0x0000ffff");
  EXPECT_EQ(error_of("out 0xfffd 1 4"), "PORT out of range: 0x0000fffd is above 0x0000fffc");
  EXPECT_EQ(error_of("out 1 256"), "VALUE out of range: 0x00000100 is above 0x000000ff");
  EXPECT_EQ(error_of("out 1 0x10000 2"), "VALUE out of range: 0x00010000 is above 0x0000ffff");
  EXPECT_EQ(error_of("out 1 1 3"), "bad width: 3 is not 1, 2 or 4");
  EXPECT_EQ(error_of("out 1 1 0"), "bad width: 0 is not 1, 2 or 4");
}

TEST(Command, RefusesToWriteToTheMonitorItself) {
  const std::string refused = "write refused: 0x00100000 to 0x0010ffff is the monitor itself";
  EXPECT_EQ(error_of("poke 0x100000 0"), refused);
  EXPECT_EQ(error_of("poke 0x10fffc 0"), refused);
  EXPECT_EQ(error_of("fill 0 0xffffffff 0"), refused);
  EXPECT_EQ(error_of("fill 0xfffff 2 0"), refused);
  EXPECT_EQ(error_of("fill 0x10ffff 1 0"), refused);
  expect_command("fill 0xfffff 1 0", Verb::kFill, {0xfffff, 1, 0});
  expect_command("poke 0x110000 0", Verb::kPoke, {0x110000, 0});
  expect_command("fill 0x100000 0 0", Verb::kFill, {0x100000, 0, 0});
  expect_command("peek 0x100000", Verb::kPeek, {0x100000});
}

TEST(Command, AnswersAnyLineAtAll) {
  const std::string alphabet = "peokfilsumtrqh 0123456789xabcf\t-";
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string line(random() % 40, ' ');
    for (char& each : line) each = alphabet[random() % alphabet.size()];
    EXPECT_NE(error_of(line), "") << line;
  }
}

}  // namespace
}  // namespace vm_control::guest
