// SPDX-License-Identifier: BSD-3-Clause
// One subscription: sends events without blocking, and counts those that it had to drop.
//
// While events wait for a slow reader, new ones queue behind them; when the queue is full they are
// lost. Once the reader has taken what waited, it gets one kLost event for all of those, and then
// goes on with what happens next.
// Threads: the control thread only.
#pragma once

#include <array>
#include <cstdint>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/event.h"

namespace vm_control {

class Subscriber final : public EventHandler {
 public:
  class Delegate {
   public:
    // The reader has gone; destroy `subscriber`.
    virtual void on_reader_gone(Subscriber& subscriber) = 0;

   protected:
    ~Delegate() = default;
  };

  static constexpr size_t kCapacity = 64;  // events that may wait

  // socket  one end of a pair, of which the reader has the other.
  // mask    what the reader wants to know: of event_bit().
  Subscriber(UniqueFd socket, OwnerId owner, uint32_t mask, Charge charge, EventLoop& loop,
             Delegate& delegate);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Begins to notice that the reader goes. Errors: as EventLoop::watch() says.
  Result<void> start();

  // Tells the reader, if it wants to know; numbers the event.
  void tell(Event event);

  OwnerId owner() const { return owner_; }

  void on_events(uint32_t events) override;

 private:
  bool try_send(const ResponseFrame& frame);
  void queue(const ResponseFrame& frame);
  void flush();

  UniqueFd socket_;
  OwnerId owner_;
  uint32_t mask_;
  Charge charge_;
  EventLoop& loop_;
  Delegate& delegate_;
  uint64_t sequence_ = 0;
  uint64_t lost_ = 0;
  size_t first_ = 0;
  size_t count_ = 0;
  std::array<ResponseFrame, kCapacity> waiting_;
};

}  // namespace vm_control
