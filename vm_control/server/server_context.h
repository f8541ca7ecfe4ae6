// SPDX-License-Identifier: BSD-3-Clause
// The principals of a server share this.
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "vm_control/accounts/descriptor_pool.h"
#include "vm_control/accounts/owner.h"
#include "vm_control/accounts/quotas.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/requests/executor.h"
#include "vm_control/server/event_publisher.h"
#include "vm_control/server/log_queue.h"

namespace vm_control {

class Principal;

struct ServerContext {
  Executor& executor;
  Quotas quotas;
  std::chrono::milliseconds session_deadline;
  std::shared_ptr<LogQueue> log;
  EventPublisher publisher{*log};
  std::shared_ptr<DescriptorPool> descriptors = DescriptorPool::of_this_process();

  std::atomic<uint32_t> sessions{0};
  std::atomic<uint64_t> last_owner{0};
  std::atomic<uint64_t> resumes{0};  // how often the VM was resumed

  OwnerId new_owner() { return OwnerId(++last_owner); }

  // Calls function(principal) on the thread of each principal, in its next turn.
  template <class Function>
  void post_to_all(Function function) {
    std::lock_guard lock(mutex);
    for (const Entry& each : principals) {
      each.poster.post([principal = each.principal, function] { function(*principal); });
    }
  }

  // Tells subscribers the state of the balloon, if it has changed.
  void tell_balloon_changed() {
    // The state that was read last is the one that is told last.
    std::lock_guard lock(balloon_mutex);
    publisher.publish_balloon(
        executor.with_balloon([](Balloon& balloon) { return balloon.status(); }));
  }

  void add(Principal& principal, Poster poster) {
    std::lock_guard lock(mutex);
    principals.push_back({&principal, std::move(poster)});
  }

  // A principal is there for as long as its loop, which drops the calls that come later.
  struct Entry {
    Principal* principal;
    Poster poster;
  };
  std::mutex mutex;
  std::vector<Entry> principals;
  std::mutex balloon_mutex;
};

}  // namespace vm_control
