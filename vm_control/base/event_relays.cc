// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_relays.h"

#include <linux/magic.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <thread>
#include <unordered_set>
#include <utility>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

bool can_be_written(int fd) {
  pollfd entry{.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&entry, 1, 0) == 1 && (entry.revents & POLLOUT);
}

// Whether `fd` is an eventfd that has room. Others are never written to: the kernel asks of some
// files what the writer may do, and their owner must not borrow this process's rights.
bool is_eventfd_with_room(int fd) {
  struct statfs status {};
  if (fstatfs(fd, &status) < 0 || status.f_type != ANON_INODE_FS_MAGIC) return false;
  // Of the files that are nowhere, only an eventfd takes a number to add.
  return can_be_written(fd) && eventfd_write(fd, 0) == 0;
}

}  // namespace

struct EventRelays::Entry {
  EventFd from;
  UniqueFd to;
  // The thread of the loop.
  std::thread::id thread = std::this_thread::get_id();
  Watch watch = {};  // ends before the rest, on the thread of the loop

  void pass_on() {
    eventfd_t count = from.take();
    if (count > 0 && can_be_written(to.get())) eventfd_write(to.get(), count);
  }
};

struct EventRelays::State {
  std::unordered_set<std::shared_ptr<Entry>> entries;

  // By value: the set may have the last but one.
  void end(std::shared_ptr<Entry> entry) {  // NOLINT(performance-unnecessary-value-param)
    entry->watch = Watch();
    entry->to.reset();
    entries.erase(entry);
  }
};

EventRelays::EventRelays(EventLoop& loop) : loop_(loop), state_(std::make_shared<State>()) {}

EventRelays::~EventRelays() {
  while (!state_->entries.empty()) state_->end(*state_->entries.begin());
}

Result<EventRelays::Relay> EventRelays::add(UniqueFd& to) {
  if (!is_eventfd_with_room(to.get())) return fail(EINVAL, "relay to no eventfd");
  std::shared_ptr<Entry> entry(new Entry{.from = TRY(EventFd::create()), .to = {}});
  entry->watch = TRY(
      loop_.watch(entry->from.fd(), EPOLLIN, [raw = entry.get()](uint32_t) { raw->pass_on(); }));
  entry->to = std::move(to);
  state_->entries.insert(entry);
  return Relay(state_, loop_.poster(), std::move(entry));
}

EventRelays::Relay& EventRelays::Relay::operator=(Relay&& other) noexcept {
  Relay taken(std::move(other));
  std::swap(state_, taken.state_);
  std::swap(poster_, taken.poster_);
  std::swap(entry_, taken.entry_);
  return *this;
}

EventRelays::Relay::~Relay() {
  if (!entry_) return;
  if (entry_->thread == std::this_thread::get_id()) {
    stop();
  } else {
    poster_->post([state = std::move(state_), entry = std::move(entry_)] {
      if (auto relays = state.lock()) relays->end(entry);
    });
  }
}

int EventRelays::Relay::fd() const {
  return entry_->from.fd();
}

UniqueFd EventRelays::Relay::stop() {
  UniqueFd to = std::move(entry_->to);
  if (auto relays = state_.lock()) relays->end(entry_);
  entry_.reset();
  return to;
}

}  // namespace vm_control
