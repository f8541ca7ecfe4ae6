// SPDX-License-Identifier: BSD-3-Clause
#include "guest/line_editor.h"

namespace vm_control::guest {
namespace {

constexpr char kBackspace = 0x08;
constexpr char kDelete = 0x7f;
constexpr char kEraseLine = 0x15;  // ^U

bool is_printable(char character) {
  return character >= 0x20 && character < 0x7f;
}

}  // namespace

LineEditor::Step LineEditor::type(char character) {
  if (complete_) length_ = 0;
  complete_ = false;
  const bool second_of_pair = after_return_ && character == '\n';
  after_return_ = character == '\r';
  if (second_of_pair) return {};
  if (character == '\r' || character == '\n') return end();
  if (character == kBackspace || character == kDelete) return erase(1);
  if (character == kEraseLine) return erase(length_);
  if (character == '\t') return insert(' ');
  return is_printable(character) ? insert(character) : Step{};
}

LineEditor::Step LineEditor::insert(char character) {
  if (length_ == UINT32_MAX) return {};
  if (length_ < kMaxLength) buffer_[length_] = character;
  ++length_;
  echo_[0] = character;
  return {Text(echo_, 1)};
}

// Erases on the terminal what the echo buffer has room for. A longer line is refused anyway.
LineEditor::Step LineEditor::erase(uint32_t count) {
  if (count > length_) return {};
  length_ -= count;
  if (count > kMaxLength) count = kMaxLength;
  char* out = echo_;
  for (uint32_t i = 0; i < count; ++i) {
    *out++ = kBackspace;
    *out++ = ' ';
    *out++ = kBackspace;
  }
  return {Text(echo_, 3 * count)};
}

LineEditor::Step LineEditor::end() {
  complete_ = true;
  return {"\n", true};
}

}  // namespace vm_control::guest
