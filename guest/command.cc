// SPDX-License-Identifier: BSD-3-Clause
#include "guest/command.h"

#include "guest/address_map.h"
#include "guest/number.h"
#include "guest/words.h"

namespace vm_control::guest {
namespace {

const CommandInfo* find(Text name) {
  for (const CommandInfo& each : kCommands) {
    if (name == each.name) return &each;
  }
  return nullptr;
}

bool check_count(const CommandInfo& info, uint32_t count, Line& error) {
  if (count >= info.required && count <= info.allowed) return true;
  error.add(count < info.required ? "missing argument" : "too many arguments");
  error.add(": usage: ").add(info.name).add(*info.arguments ? " " : "").add(info.arguments);
  return false;
}

bool read_arguments(const Words& words, Command& command, Line& error) {
  for (uint32_t i = 1; i < words.count; ++i) {
    if (parse_number(words.word[i], command.argument[i - 1])) continue;
    error.add("not a number: ").add(words.word[i]).add(" (decimal or 0x hexadecimal, 32 bits)");
    return false;
  }
  return true;
}

bool check_aligned(uint32_t address, Line& error) {
  if (address % 4 == 0) return true;
  error.add("misaligned address: ").add_hex(address).add(" is not a multiple of 4");
  return false;
}

bool check_range(uint32_t address, uint32_t length, Line& error) {
  if (length == 0 || length - 1 <= UINT32_MAX - address) return true;
  error.add("range too long: ").add_hex(length).add(" bytes from ").add_hex(address);
  error.add(" pass the end of the address space");
  return false;
}

// `address` and `length` have passed check_range().
bool check_not_own(uint32_t address, uint32_t length, Line& error) {
  constexpr uint32_t kEnd = GUEST_IMAGE_ADDRESS + GUEST_IMAGE_MEMORY;
  if (length == 0 || address >= kEnd) return true;
  if (address < GUEST_IMAGE_ADDRESS && length <= GUEST_IMAGE_ADDRESS - address) return true;
  error.add("write refused: ").add_hex(GUEST_IMAGE_ADDRESS).add(" to ").add_hex(kEnd - 1);
  error.add(" is the monitor itself");
  return false;
}

bool check_at_most(const char* name, uint32_t value, uint32_t limit, Line& error) {
  if (value <= limit) return true;
  error.add(name).add(" out of range: ").add_hex(value).add(" is above ").add_hex(limit);
  return false;
}

bool check_out(uint32_t port, uint32_t value, uint32_t width, Line& error) {
  if (width != 1 && width != 2 && width != 4) {
    error.add("bad width: ").add_decimal(width).add(" is not 1, 2 or 4");
    return false;
  }
  return check_at_most("PORT", port, 0x10000 - width, error) &&
         check_at_most("VALUE", value, UINT32_MAX >> (32 - 8 * width), error);
}

bool check(const Command& command, Line& error) {
  const auto& [first, second, third] = command.argument;
  switch (command.verb) {
    case Verb::kPeek:
      return check_aligned(first, error);
    case Verb::kPoke:
      return check_aligned(first, error) && check_not_own(first, 4, error);
    case Verb::kFill:
      return check_range(first, second, error) && check_at_most("BYTE", third, 0xff, error) &&
             check_not_own(first, second, error);
    case Verb::kSum:
      return check_range(first, second, error);
    case Verb::kOut:
      return check_out(first, second, third, error);
    case Verb::kHelp:
    case Verb::kIrqs:
    case Verb::kBalloon:
    case Verb::kAbuse:
    case Verb::kHalt:
      break;
  }
  return true;
}

bool read_command(const Words& words, Command& command, Line& error) {
  const CommandInfo* info = find(words.word[0]);
  if (!info) {
    error.add("unknown command: ").add(words.word[0]).add(" (type help)");
    return false;
  }
  if (!check_count(*info, words.count - 1, error)) return false;
  command = {info->verb, {}};
  if (info->verb == Verb::kOut) command.argument[2] = 1;
  return read_arguments(words, command, error) && check(command, error);
}

}  // namespace

Parse parse_command(Text line, Command& command, Line& error) {
  const Words words = split(line);
  if (words.count == 0) return Parse::kNothing;
  return read_command(words, command, error) ? Parse::kCommand : Parse::kError;
}

}  // namespace vm_control::guest
