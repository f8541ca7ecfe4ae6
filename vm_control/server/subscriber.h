// SPDX-License-Identifier: BSD-3-Clause
// One subscription: sends events without blocking, and counts those that it had to drop.
//
// While events wait for a slow reader, new ones queue behind them; when the queue is full they are
// lost. Once the reader has taken those that waited, it gets one kLost event for all that were
// lost, and then the events that happen next.
// Threads: that of the loop; tell() and send_later() any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/base/ring_buffer.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/event.h"

namespace vm_control {

class Subscriber : public std::enable_shared_from_this<Subscriber> {
 public:
  static constexpr size_t kCapacity = 64;  // events that may wait

  struct Options {
    OwnerId owner;
    uint32_t mask;  // the events that the reader wants to hear of: of event_bit()
    Charge charge;
  };
  // The reader has gone; destroy `subscriber`.
  using OnReaderGone = Function<void(Subscriber& subscriber)>;

  // Sends to `socket`, one end of a pair, of which the reader has the other. `loop` outlives this.
  // Errors: as EventLoop::watch() says.
  static Result<std::shared_ptr<Subscriber>> create(UniqueFd socket, Options options,
                                                    EventLoop& loop, OnReaderGone on_reader_gone);
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Numbers the event and queues it, if the reader wants to hear of it. Makes no system call.
  void tell(Event event);

  // Has the loop send what is queued.
  void send_later();

  OwnerId owner() const { return options_.owner; }

 private:
  Subscriber(UniqueFd socket, Options options, Poster poster, OnReaderGone on_reader_gone);

  void on_events(uint32_t events);
  void send();
  // The next frame to send; nothing if there is none.
  std::optional<ResponseFrame> next();
  void pop();

  UniqueFd socket_;
  Options options_;
  Poster poster_;
  OnReaderGone on_reader_gone_;
  Watch watch_;

  std::mutex mutex_;
  uint64_t sequence_ = 0;
  uint64_t lost_ = 0;
  bool will_send_ = false;  // a call of send() is on its way
  RingBuffer<ResponseFrame, kCapacity> waiting_;
};

}  // namespace vm_control
