// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/sealer.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <mutex>
#include <utility>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/try.h"

namespace vm_control {

struct Sealer::Done {
  std::mutex mutex;
  std::vector<Job> jobs;
  EventFd event;
};

Result<std::unique_ptr<Sealer>> Sealer::create(EventLoop& loop, OnDone on_done) {
  EventFd event = TRY(EventFd::create());
  std::shared_ptr<Done> done(new Done{.event = std::move(event)});
  std::unique_ptr<Sealer> sealer(new Sealer(loop, std::move(on_done), std::move(done)));
  TRY(loop.watch(sealer->done_->event.fd(), EPOLLIN, *sealer));
  return sealer;
}

Sealer::Sealer(EventLoop& loop, OnDone on_done, std::shared_ptr<Done> done)
    : loop_(loop), on_done_(std::move(on_done)), done_(std::move(done)) {}

Sealer::~Sealer() {
  loop_.unwatch(done_->event.fd(), *this);
}

Result<void> Sealer::start(Job job, int fd, Tenant& tenant) {
  // One of its own: who asked may be gone, and its descriptor closed, before the thread looks.
  UniqueFd own = TRY(UniqueFd::duplicate(fd));
  tenant.slow_lane().run([job, raw = own.release(), done = done_] {
    UniqueFd memory(raw);
    // Whether that worked is seen by who looks at the seals next.
    fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    std::lock_guard lock(done->mutex);
    done->jobs.push_back(job);
    done->event.signal();
  });
  return {};
}

void Sealer::on_events(uint32_t) {
  done_->event.take();
  {
    std::lock_guard lock(done_->mutex);
    delivering_.swap(done_->jobs);
  }
  for (Job job : delivering_) on_done_(job);
  delivering_.clear();
}

}  // namespace vm_control
