// SPDX-License-Identifier: BSD-3-Clause
// Answers received messages: every message gets exactly one response.
//
//   answer()   a message to its response, now or later; releases what the request did not take
//   decide()   decodes it, and checks the right and the quota of the caller
//   perform()  begins: at once, or on another thread
//   execute()  has the executor do it, whole or not at all
//
// Some requests take their time: a GPU's driver allocates, vCPUs pause, memory is sealed. That
// happens elsewhere, and the response comes when it is done. Descriptors that no request took are
// closed on the thread of the caller's user.
// Threads: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/response.h"
#include "vm_control/requests/connections.h"
#include "vm_control/requests/executor.h"
#include "vm_control/requests/gpu_worker.h"
#include "vm_control/requests/sealer.h"

namespace vm_control {

class Dispatcher {
 public:
  // Receives the response to a request that takes its time. It asks nothing else meanwhile.
  class ResponseSink {
   public:
    virtual void on_answer(Response response) = 0;

   protected:
    ~ResponseSink() = default;
  };

  // A request as it was received.
  struct Message {
    std::span<const std::byte> bytes;  // all of it, or more than kRequestSize if it was longer
    UniqueFd fd;                       // the one descriptor that came along
    int fd_error = 0;                  // why there is none although some were sent; 0: all is well
  };

  using Log = std::function<void(const std::string&)>;

  // The loop, the executor and the connections outlive this.
  //
  // on_thread_start  called by each thread of the dispatcher before anything else.
  // Errors: as GpuWorker::create() says, if the executor has a GPU allocator.
  static Result<std::unique_ptr<Dispatcher>> create(EventLoop& loop, Executor& executor,
                                                    Connections& connections, Log log,
                                                    std::function<void()> on_thread_start);

  // Decodes `message` and does what it asks. Without a response, `sink` gets it later, unless
  // it says forget() before.
  //
  // Responds  Err(EMSGSIZE)       the message is not kRequestSize bytes.
  //           Err(E2BIG, EMFILE)  as Message::fd_error says.
  //           Err(EOPNOTSUPP, EINVAL, EBADF)  as decode_request() says.
  //           Err(EPERM)          the caller has no right to this; that is logged.
  //           Err(EDQUOT)         too many of its user's requests are unanswered.
  // None of these executes anything.
  std::optional<Response> answer(ResponseSink& sink, const Caller& caller, Message message);

  // Drops the response that `sink` waits for: it is about to be destroyed.
  void forget(ResponseSink& sink);

  // Answers the pauses that wait for the state that the VM has now. Call when it has changed.
  void on_state_changed();

 private:
  using Job = uint64_t;
  struct Waiting {
    ResponseSink* sink;
    Caller caller;
    Job job = 0;      // 0: it waits for the VM to pause
    Request request;  // to be carried out when its memory is sealed
  };

  Dispatcher(Executor& executor, Connections& connections, Log log)
      : executor_(executor), connections_(connections), log_(std::move(log)) {}

  std::optional<Response> decide(ResponseSink& sink, const Caller& caller, Message& message);
  bool is_allowed(const Caller& caller, const Request& request) const;
  std::optional<Response> perform(ResponseSink& sink, const Caller& caller, Request& request);
  Response status() const;
  Response greet(const Caller& caller, const request::Hello& request) const;
  Response subscribe(const Caller& caller, const request::Subscribe& request) const;
  Response open_session(const Caller& caller) const;
  std::optional<Response> share(ResponseSink& sink, const Caller& caller, Request& request);
  std::optional<Response> pause(ResponseSink& sink, const Caller& caller);
  template <class Outcome>
  void end_pauses(Outcome outcome);
  std::optional<Response> allocate(ResponseSink& sink, const Caller& caller,
                                   const request::AllocateAndRegisterGpuMemory& request);
  Response execute(const Caller& caller, Request& request);
  std::optional<Waiting> take_waiting(Job job);
  void on_gpu_buffer(Job job, Result<GpuBuffer> buffer);
  void on_sealed(Job job);

  Executor& executor_;
  Connections& connections_;
  Log log_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<GpuWorker> gpu_;
  Job last_job_ = 0;
  std::vector<Waiting> waiting_;
};

}  // namespace vm_control
