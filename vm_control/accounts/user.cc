// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/user.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<std::shared_ptr<User>> User::create(const Resources& limits,
                                           std::function<void()> on_start) {
  auto blocking_worker = TRY(BlockingWorker::create(std::move(on_start)));
  return std::shared_ptr<User>(
      new User(std::make_shared<Account>(limits), std::move(blocking_worker)));
}

}  // namespace vm_control
