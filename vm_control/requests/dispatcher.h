// SPDX-License-Identifier: BSD-3-Clause
// Answers received messages: every message gets exactly one response.
//
//   answer()   a message to its response, now or later; releases what the request did not take
//   decide()   decodes it, and checks the right and the quota of the caller
//   perform()  begins: at once, or on another thread
//   execute()  has the executor do it, whole or not at all
//
// A pause takes its time: its response comes when the vCPUs have paused. So do a guest's
// statistics: balloon_queries.h.
// Threads: one, that of the principal whose messages these are.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/response.h"
#include "vm_control/requests/balloon_queries.h"
#include "vm_control/requests/connections.h"
#include "vm_control/requests/executor.h"
#include "vm_control/requests/response_sink.h"

namespace vm_control {

class Dispatcher {
 public:
  // A request as it was received.
  struct Message {
    std::span<const std::byte> bytes;  // all of it, or more than kRequestSize if it was longer
    UniqueFd fd;                       // the one descriptor that came along
    int fd_error = 0;                  // why there is none although some were sent; 0: all is well
  };

  using Log = std::function<void(const std::string&)>;

  // The executor, the connections and the loop outlive this.
  Dispatcher(Executor& executor, Connections& connections, EventLoop& loop, Log log)
      : executor_(executor),
        connections_(connections),
        log_(std::move(log)),
        balloon_queries_(executor, loop) {}

  // Decodes `message` and does what it asks. Without a response, `sink` gets it later, unless
  // it says forget() before.
  //
  // Responds  Err(EMSGSIZE)       the message is not kRequestSize bytes.
  //           Err(E2BIG, EMFILE)  as Message::fd_error says.
  //           Err(EOPNOTSUPP, EINVAL, EBADF)  as decode_request() says.
  //           Err(EPERM)          the caller has no right to this; that is logged.
  //           Err(EDQUOT)         too many of its user's requests are unanswered, or its user's
  //                               memory has kept others waiting for too long.
  // None of these executes anything.
  // A descriptor that the request did not take is still in `message` then: to close it can take its
  // time, and the peer may have its answer before.
  std::optional<Response> answer(ResponseSink& sink, const Caller& caller, Message& message);

  // Drops the response that `sink` waits for: it is about to be destroyed.
  void forget(ResponseSink& sink);

  // Answers the pauses that wait for the state that the VM has now. Call when it has changed.
  void on_state_changed();

  // Answers the requests for statistics that the guest has answered.
  void on_balloon_changed() { balloon_queries_.on_balloon_changed(); }

  // Answers the pauses that were asked for before the VM was resumed for the `resumes`th time: they
  // will never come.
  void on_resumed(uint64_t resumes);

 private:
  struct Pause {
    ResponseSink* sink;
    uint64_t resumes;  // how often the VM had been resumed before
  };

  bool is_allowed(const Caller& caller, const Request& request) const;
  std::optional<Response> perform(ResponseSink& sink, const Caller& caller, Request& request);
  Response status() const;
  Response greet(const Caller& caller, const request::Hello& request) const;
  Response subscribe(const Caller& caller, const request::Subscribe& request) const;
  Response open_session(const Caller& caller) const;
  std::optional<Response> pause(ResponseSink& sink);
  template <class Outcome, class Condition>
  void end_pauses(Outcome outcome, Condition condition);

  Executor& executor_;
  Connections& connections_;
  Log log_;
  std::vector<Pause> pauses_;
  BalloonQueries balloon_queries_;
};

}  // namespace vm_control
