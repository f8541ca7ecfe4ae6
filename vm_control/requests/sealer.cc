// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/sealer.h"

#include <fcntl.h>

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<void> Sealer::start(Job job, int fd, User& user) {
  // A duplicate: the session may end, and close its descriptor, before the thread gets to it.
  UniqueFd own = TRY(UniqueFd::duplicate(fd));
  user.blocking_worker().run(
      [job, memory = std::move(own), poster = poster_, on_done = std::weak_ptr(on_done_)] {
        // The seals that are there afterwards tell whether it worked.
        fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK);
        poster.post([job, on_done] {
          if (auto call = on_done.lock()) (*call)(job);
        });
      });
  return {};
}

}  // namespace vm_control
