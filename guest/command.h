// SPDX-License-Identifier: BSD-3-Clause
// The commands of the monitor. parse_command() makes a typed line a command that is safe to carry
// out.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

enum class Verb : uint8_t {
  kHelp,
  kPeek,
  kPoke,
  kFill,
  kSum,
  kOut,
  kIrqs,
  kBalloon,
  kAbuse,
  kHalt
};

struct Command {
  static constexpr uint32_t kMaxArguments = 3;

  Verb verb = Verb::kHelp;
  // In the order of CommandInfo::arguments. An `out` without a width has the width 1.
  uint32_t argument[kMaxArguments] = {};
};

struct CommandInfo {
  Verb verb;
  const char* name;
  const char* arguments;
  uint32_t required;
  uint32_t allowed;
  const char* summary;
};

constexpr CommandInfo kCommands[] = {
    {Verb::kHelp, "help", "", 0, 0, "print this"},
    {Verb::kPeek, "peek", "ADDR", 1, 1, "print the 32-bit word at ADDR"},
    {Verb::kPoke, "poke", "ADDR VALUE", 2, 2, "write VALUE as a 32-bit word"},
    {Verb::kFill, "fill", "ADDR LENGTH BYTE", 3, 3, "write BYTE to LENGTH bytes"},
    {Verb::kSum, "sum", "ADDR LENGTH", 2, 2, "print the sum of LENGTH bytes, modulo 2^32"},
    {Verb::kOut, "out", "PORT VALUE [1|2|4]", 2, 3, "write 1, 2 or 4 bytes to an I/O port"},
    {Verb::kIrqs, "irqs", "", 0, 0, "print the interrupts so far, as GSI:COUNT"},
    {Verb::kBalloon, "balloon", "", 0, 0, "print what the balloon is doing"},
    {Verb::kAbuse, "abuse", "ROUNDS", 1, 1, "write rubbish to the balloon's device"},
    {Verb::kHalt, "halt", "", 0, 0, "end this virtual machine"},
};

enum class Parse { kNothing, kCommand, kError };

// Parses `line`. After kCommand, `command` is complete, and all its arguments are checked. After
// kError, `error` ends with what is wrong. kNothing means that the line is blank.
//
// The parser refuses misaligned words, ranges that pass 2^32, values that are too wide for their
// destination, and writes to the monitor's own memory.
Parse parse_command(Text line, Command& command, Line& error);

}  // namespace vm_control::guest
