// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/aml.h"

#include "vm_control/base/check.h"

namespace vm_control::vmm::aml {
namespace {

enum Opcode : uint8_t {
  kZero = 0x00,
  kOne = 0x01,
  kName = 0x08,
  kByte = 0x0a,
  kWord = 0x0b,
  kDoubleWord = 0x0c,
  kString = 0x0d,
  kQuadWord = 0x0e,
  kScope = 0x10,
  kBuffer = 0x11,
  kPackage = 0x12,
  kMethod = 0x14,
  kExtended = 0x5b,  // comes before kDevice
  kArgument = 0x68,
  kDevice = 0x82,
  kNotify = 0x86,
  kEqual = 0x93,
  kIf = 0xa0,
};

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void append(Bytes& to, std::string_view text) {
  for (char each : text) to.push_back(static_cast<std::byte>(each));
}

Bytes opcode(uint8_t value) {
  return {std::byte{value}};
}

// The low `size` bytes, the lowest first.
Bytes little_endian(uint64_t value, unsigned size) {
  Bytes bytes;
  for (unsigned each = 0; each < size; ++each) {
    bytes.push_back(static_cast<std::byte>(value >> (8 * each)));
  }
  return bytes;
}

// The length of a package counts itself. One byte holds up to 63; otherwise the first byte has the
// low 4 bits, and how many bytes follow with the others.
Bytes package_length(size_t content) {
  constexpr size_t kMostInOneByte = 63;
  if (content + 1 <= kMostInOneByte) return little_endian(content + 1, 1);
  for (unsigned more = 1;; ++more) {
    CHECK(more <= 3);  // AML can say no longer length
    size_t length = content + 1 + more;
    if (length >= size_t{1} << (4 + 8 * more)) continue;
    Bytes bytes = little_endian(more << 6 | (length & 0xf), 1);
    append(bytes, little_endian(length >> 4, more));
    return bytes;
  }
}

// An opcode, then a package of `content`.
Bytes packaged(Bytes opcodes, const Bytes& content) {
  append(opcodes, package_length(content.size()));
  append(opcodes, content);
  return opcodes;
}

Bytes name_string(std::string_view name) {
  constexpr size_t kSegment = 4;
  CHECK(name.size() == kSegment);
  Bytes bytes;
  append(bytes, name);
  return bytes;
}

Bytes named(std::string_view name, const std::vector<Bytes>& terms) {
  Bytes bytes = name_string(name);
  append(bytes, sequence(terms));
  return bytes;
}

// The value of a hexadecimal digit in capitals.
uint32_t digit(char character) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  size_t value = kDigits.find(character);
  CHECK(value != std::string_view::npos);
  return static_cast<uint32_t>(value);
}

}  // namespace

Bytes sequence(const std::vector<Bytes>& terms) {
  Bytes bytes;
  for (const Bytes& each : terms) append(bytes, each);
  return bytes;
}

Bytes integer(uint64_t value) {
  if (value <= 1) return opcode(value ? kOne : kZero);
  if (value <= UINT8_MAX) return sequence({opcode(kByte), little_endian(value, 1)});
  if (value <= UINT16_MAX) return sequence({opcode(kWord), little_endian(value, 2)});
  if (value <= UINT32_MAX) return sequence({opcode(kDoubleWord), little_endian(value, 4)});
  return sequence({opcode(kQuadWord), little_endian(value, 8)});
}

Bytes string(std::string_view text) {
  Bytes bytes = opcode(kString);
  append(bytes, text);
  bytes.push_back(std::byte{0});
  return bytes;
}

// Source: ACPI 6.5, 19.3.4, the macro EISAID: 5 bits a letter and 4 a digit, the highest first.
Bytes eisa_id(std::string_view id) {
  constexpr size_t kLetters = 3;
  CHECK(id.size() == kLetters + 4);
  uint32_t value = 0;
  for (char each : id.substr(0, kLetters)) value = value << 5 | static_cast<uint32_t>(each - '@');
  for (char each : id.substr(kLetters)) value = value << 4 | digit(each);
  return sequence({opcode(kDoubleWord), little_endian(__builtin_bswap32(value), 4)});
}

Bytes buffer(const Bytes& content) {
  return packaged(opcode(kBuffer), sequence({integer(content.size()), content}));
}

Bytes package(const std::vector<Bytes>& elements) {
  CHECK(elements.size() <= UINT8_MAX);
  Bytes count = little_endian(elements.size(), 1);
  return packaged(opcode(kPackage), sequence({count, sequence(elements)}));
}

Bytes name(std::string_view name, const Bytes& value) {
  return sequence({opcode(kName), name_string(name), value});
}

Bytes scope(std::string_view name, const std::vector<Bytes>& terms) {
  return packaged(opcode(kScope), named(name, terms));
}

Bytes device(std::string_view name, const std::vector<Bytes>& terms) {
  return packaged(sequence({opcode(kExtended), opcode(kDevice)}), named(name, terms));
}

Bytes method(std::string_view name, uint8_t arguments, const std::vector<Bytes>& terms) {
  constexpr uint8_t kMostArguments = 7;
  constexpr uint8_t kSerialized = 1 << 3;
  CHECK(arguments <= kMostArguments);
  Bytes flags = opcode(arguments | kSerialized);
  return packaged(opcode(kMethod), sequence({name_string(name), flags, sequence(terms)}));
}

Bytes argument(uint8_t index) {
  constexpr uint8_t kMost = 6;
  CHECK(index <= kMost);
  return opcode(static_cast<uint8_t>(kArgument + index));
}

Bytes if_equal(const Bytes& left, const Bytes& right, const std::vector<Bytes>& terms) {
  return packaged(opcode(kIf), sequence({opcode(kEqual), left, right, sequence(terms)}));
}

Bytes notify(std::string_view name, const Bytes& value) {
  return sequence({opcode(kNotify), name_string(name), value});
}

}  // namespace vm_control::vmm::aml
