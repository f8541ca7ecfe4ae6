// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/sealer.h"

#include <fcntl.h>

#include "vm_control/base/try.h"

namespace vm_control {

Result<Sealer> Sealer::create(EventLoop& loop, OnDone on_done) {
  return Sealer(TRY(Completions<Job>::create(loop, std::move(on_done))));
}

Result<void> Sealer::start(Job job, int fd, User& user) {
  // One of its own: who asked may be gone, and its descriptor closed, before the thread looks.
  UniqueFd own = TRY(UniqueFd::duplicate(fd));
  user.blocking_worker().run([job, raw = own.release(), inbox = done_->inbox()] {
    UniqueFd memory(raw);
    // Whether that worked is seen by who looks at the seals next.
    fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    inbox->put(job);
  });
  return {};
}

}  // namespace vm_control
