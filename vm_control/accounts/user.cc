// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/user.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<std::shared_ptr<Tenant>> Tenant::create(const Amounts& limits,
                                               std::function<void()> on_start) {
  auto slow_lane = TRY(SlowLane::create(std::move(on_start)));
  return std::shared_ptr<Tenant>(
      new Tenant(std::make_shared<Account>(limits), std::move(slow_lane)));
}

}  // namespace vm_control
