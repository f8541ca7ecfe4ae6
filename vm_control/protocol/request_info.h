// SPDX-License-Identifier: BSD-3-Clause
// The facts of a request's declaration at run time, for code that handles any request.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "vm_control/model/rights.h"
#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/requests.h"

namespace vm_control {

struct RequestInfo {
  uint32_t type;
  std::string_view name;
  Rights rights;  // a session needs one of them; if there are none, any may ask

  // Whether a session that has the rights `granted` may send it.
  constexpr bool is_allowed_by(Rights granted) const {
    return rights == Rights() || granted.contains_any_of(rights);
  }
};

namespace internal {

template <class... Each>
constexpr std::array<RequestInfo, sizeof...(Each)> infos_of(
    std::type_identity<std::variant<Each...>>) {
  return {{{Each::kType, Each::kName, Each::kRights}...}};
}

}  // namespace internal

// One for each request, in the order of the variant.
inline constexpr auto kRequestInfos = internal::infos_of(std::type_identity<Request>());

inline const RequestInfo& info_of(const Request& request) {
  return kRequestInfos[request.index()];
}

}  // namespace vm_control
