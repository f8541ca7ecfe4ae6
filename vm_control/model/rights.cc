// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/rights.h"

#include <algorithm>
#include <array>

namespace vm_control {
namespace {

struct Name {
  std::string_view text;
  Right right;
};

constexpr std::array<Name, 8> kNames = {{
    {"lifecycle", Right::kLifecycle},
    {"memory", Right::kMemory},
    {"gpu", Right::kGpu},
    {"events", Right::kEvents},
    {"balloon", Right::kBalloon},
    {"observe", Right::kObserve},
    {"admin", Right::kAdmin},
    {"memslots", Right::kMemslots},
}};
constexpr std::string_view kAllName = "all";
constexpr std::string_view kNoneName = "none";

}  // namespace

Result<Rights> Rights::parse(std::string_view names) {
  if (names == kAllName) return all();
  if (names == kNoneName) return Rights();
  Rights rights;
  for (size_t start = 0; start <= names.size();) {
    size_t end = std::min(names.find('+', start), names.size());
    auto text = names.substr(start, end - start);
    auto known = std::ranges::find(kNames, text, &Name::text);
    if (known == kNames.end()) return fail(EINVAL, "grant the right", std::string(text));
    rights = rights | known->right;
    start = end + 1;
  }
  return rights;
}

std::string Rights::to_string() const {
  if (*this == all()) return std::string(kAllName);
  if (mask_ == 0) return std::string(kNoneName);
  std::string text;
  for (const Name& name : kNames) {
    if (!contains(name.right)) continue;
    if (!text.empty()) text += '+';
    text += name.text;
  }
  return text;
}

}  // namespace vm_control
