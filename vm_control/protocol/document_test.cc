// SPDX-License-Identifier: BSD-3-Clause
// The tables of docs/protocol.md say what the declarations say.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "vm_control/protocol/frame_layout.h"
#include "vm_control/protocol/request.h"
#include "vm_control/protocol/response.h"

namespace vm_control {
namespace {

using Lines = std::vector<std::string>;

// A layout in words: "8: size u64, 16: offset u64", and its flags: "4 DETACHED".
class LayoutInWords {
 public:
  template <class T>
  void field(const char* name, size_t offset, const T&) {
    using Integer = decltype(internal::to_integer(std::declval<T>()));
    fields_[offset] = std::string(name) + (std::is_signed_v<Integer> ? " i" : " u") +
                      std::to_string(8 * sizeof(Integer));
  }
  template <class T>
  void choice(Flag flag, const T&, T, T) {
    field("flags", kFlagsAt, flag.mask);
    flags.push_back(std::to_string(flag.mask) + " " + flag.name);
  }
  void flag(Flag flag, bool value) { choice(flag, value, false, true); }
  template <class T>
  void optional(const char* name, size_t offset, const std::optional<T>&, Flag flag,
                Presence = Presence::kPresent) {
    this->flag(flag, true);
    field(name, offset, T());
  }

  std::string fields() const {
    std::string text;
    for (const auto& [offset, name] : fields_) {
      text += (text.empty() ? "" : ", ") + std::to_string(offset) + ": " + name;
    }
    return text.empty() ? "-" : text;
  }

  Lines flags;

 private:
  std::map<size_t, std::string> fields_;
};

template <class Message>
LayoutInWords layout_of() {
  LayoutInWords words;
  const Message message{};
  lay_out(words, message);
  return words;
}

std::string row(const Lines& cells) {
  std::string text = "|";
  for (const auto& cell : cells) text += " " + cell + " |";
  return text;
}

std::string type_cell(uint32_t type) {
  std::ostringstream text;
  if (is_extended(type)) text << "0x" << std::hex;
  text << type;
  return text.str();
}

// "memory or gpu"
std::string right_cell(Rights rights) {
  if (rights == Rights()) return "-";
  std::string text = rights.to_string();
  if (size_t plus = text.find('+'); plus != std::string::npos) text.replace(plus, 1, " or ");
  return text;
}

template <class Message>
std::string descriptor_cell() {
  if constexpr (CarriesDescriptor<Message>) return Message::kDescriptor.what;
  return "-";
}

template <class... Each>
Lines request_rows(std::type_identity<std::variant<Each...>>) {
  return {row({type_cell(Each::kType), std::string(Each::kName), right_cell(Each::kRights),
               layout_of<Each>().fields(), descriptor_cell<Each>(),
               std::string(Each::Response::kName)})...};
}

template <class... Each>
Lines response_rows(std::type_identity<std::variant<Each...>>) {
  return {row({type_cell(Each::kType), std::string(Each::kName), layout_of<Each>().fields(),
               descriptor_cell<Each>()})...};
}

template <class... Each>
Lines request_flags(std::type_identity<std::variant<Each...>>) {
  Lines all;
  auto add = [&](std::string_view name, const Lines& flags) {
    for (const auto& flag : flags) all.push_back(std::string(name) + " " + flag);
  };
  (add(Each::kName, layout_of<Each>().flags), ...);
  return all;
}

Lines document() {
  std::ifstream file(PROTOCOL_DOCUMENT);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The rows of each table with the head `head`.
Lines rows_below(const std::string& head) {
  Lines rows;
  bool inside = false;
  for (const auto& line : document()) {
    if (inside && line.starts_with("| ")) rows.push_back(line);
    inside = line == head || (inside && line.starts_with("|"));
  }
  return rows;
}

// The first two cells of each row of flags, behind the request that the text is about:
// "MapMemory 4 DETACHED".
Lines flags_in_the_text() {
  Lines flags;
  std::string request;
  bool inside = false;
  for (const auto& line : document()) {
    if (line.starts_with("**")) request = line.substr(2, line.find("**", 2) - 2);
    if (inside && line.starts_with("| ")) {
      std::string bar, mask, name;
      std::istringstream(line) >> bar >> mask >> bar >> name;
      flags.push_back(request + " " + mask + " " + name);
    }
    inside = line == "| flag | name | meaning |" || (inside && line.starts_with("|"));
  }
  return flags;
}

TEST(ProtocolDocument, HasEveryRequestAsItIsDeclared) {
  EXPECT_EQ(rows_below("| type | request | right | offset: field | descriptor | response |"),
            request_rows(std::type_identity<Request>()));
}

TEST(ProtocolDocument, HasEveryFlagOfARequest) {
  EXPECT_EQ(flags_in_the_text(), request_flags(std::type_identity<Request>()));
}

TEST(ProtocolDocument, HasEveryResponseAsItIsDeclared) {
  EXPECT_EQ(rows_below("| type | response | offset: field | descriptor |"),
            response_rows(std::type_identity<Response>()));
}

}  // namespace
}  // namespace vm_control
