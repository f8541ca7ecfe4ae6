// SPDX-License-Identifier: BSD-3-Clause
// Writes AML, the byte code in which ACPI tables describe devices. Each function returns the bytes
// of one term, to be put into others:
//
//   device("COM1", {name("_HID", eisa_id("PNP0501")),
//                   name("_CRS", resource_template({io_ports(0x3f8, 8), interrupt(4)}))})
//
// It has what this machine's tables need, and no more.
// Source: ACPI 6.5, 20.2 "AML Grammar Definition".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vm_control::vmm::aml {

using Bytes = std::vector<std::byte>;

// All of `terms`, one after the other.
Bytes sequence(const std::vector<Bytes>& terms);

Bytes integer(uint64_t value);
Bytes string(std::string_view text);
// The number for an id of three capital letters and four hexadecimal digits, such as PNP0501.
Bytes eisa_id(std::string_view id);
Bytes buffer(const Bytes& content);
// elements  at most 255.
Bytes package(const std::vector<Bytes>& elements);

// A name has four characters: capital letters, digits and '_'. It is looked for, or made, where the
// term is: outside of all scopes, that is the root.
Bytes name(std::string_view name, const Bytes& value);
Bytes scope(std::string_view name, const std::vector<Bytes>& terms);
Bytes device(std::string_view name, const std::vector<Bytes>& terms);
// A method that runs once at a time. arguments: how many, at most 7.
Bytes method(std::string_view name, uint8_t arguments, const std::vector<Bytes>& terms);

Bytes argument(uint8_t index);
Bytes if_equal(const Bytes& left, const Bytes& right, const std::vector<Bytes>& terms);
// Tells the object `name`, looked for from here to the root, about the event `value`.
Bytes notify(std::string_view name, const Bytes& value);

}  // namespace vm_control::vmm::aml
