// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/request.h"

namespace vm_control {
namespace {

// Closes the request's descriptor if nothing consumed it.
void close_fd_of(Request& request, const Caller& caller) {
  if (auto* fd = carried_fd(request)) caller.user->close(fd->take().value_or(UniqueFd()));
}

// Memory that was accepted is mapped: to close its descriptor does not free it.
void close_if_refused(const Caller& caller, Request& request, const Response& response) {
  if (std::holds_alternative<response::Err>(response)) close_fd_of(request, caller);
}

Response to_err(const Error& error) {
  return response::Err{error.code()};
}

}  // namespace

Result<std::unique_ptr<Dispatcher>> Dispatcher::create(EventLoop& loop, Executor& executor,
                                                       Connections& connections, Log log,
                                                       std::function<void()> on_thread_start) {
  std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(executor, connections, std::move(log)));
  dispatcher->sealer_ = std::make_unique<Sealer>(
      loop, [raw = dispatcher.get()](Sealer::Job job) { raw->on_sealed(job); });
  if (executor.gpu()) {
    dispatcher->gpu_ = TRY(GpuWorker::create(loop, *executor.gpu(), std::move(on_thread_start),
                                             [raw = dispatcher.get()](GpuWorker::Done done) {
                                               raw->on_gpu_buffer(done.job, std::move(done.buffer));
                                             }));
  }
  return dispatcher;
}

std::optional<Response> Dispatcher::answer(ResponseSink& sink, const Caller& caller,
                                           Message message) {
  auto response = decide(sink, caller, message);
  caller.user->close(std::move(message.fd));
  return response;
}

std::optional<Response> Dispatcher::decide(ResponseSink& sink, const Caller& caller,
                                           Message& message) {
  if (message.bytes.size() != kRequestSize) return response::Err{EMSGSIZE};
  if (message.fd_error) return response::Err{message.fd_error};
  auto request = decode_request(message.bytes, message.fd);
  if (!request) return to_err(request.error());
  std::optional<Response> response = response::Err{EPERM};
  if (is_allowed(caller, *request)) {
    response =
        caller.account->is_behind() ? response::Err{EDQUOT} : perform(sink, caller, *request);
  }
  if (response) close_if_refused(caller, *request, *response);
  return response;
}

bool Dispatcher::is_allowed(const Caller& caller, const Request& request) const {
  const RequestInfo& info = info_of(request);
  if (info.is_allowed_by(caller.rights)) return true;
  log_("denied " + std::string(info.name) + " to " + caller.owner.who.to_string() +
       ", which may do " + caller.rights.to_string());
  return false;
}

std::optional<Response> Dispatcher::perform(ResponseSink& sink, const Caller& caller,
                                            Request& request) {
  if (auto* hello = std::get_if<request::Hello>(&request)) return greet(caller, *hello);
  if (auto* spec = std::get_if<request::Subscribe>(&request)) return subscribe(caller, *spec);
  if (std::holds_alternative<request::OpenSession>(request)) return open_session(caller);
  if (std::holds_alternative<request::Status>(request)) return status();
  if (std::holds_alternative<request::Pause>(request)) return pause(sink, caller);
  auto* buffer = std::get_if<request::AllocateAndRegisterGpuMemory>(&request);
  if (buffer && gpu_) return allocate(sink, caller, *buffer);
  bool shares_memory = std::holds_alternative<request::RegisterMemory>(request) ||
                       std::holds_alternative<request::MapMemory>(request);
  if (shares_memory) return share(sink, caller, request);
  return execute(caller, request);
}

Response Dispatcher::execute(const Caller& caller, Request& request) {
  Response response = executor_.execute(caller, request);
  // A pending pause would never be answered.
  if (std::holds_alternative<request::Resume>(request)) end_pauses(response::Err{ECANCELED});
  return response;
}

std::optional<Response> Dispatcher::share(ResponseSink& sink, const Caller& caller,
                                          Request& request) {
  int memory = carried_fd(request)->get();
  if (!can_be_sealed(memory)) return execute(caller, request);
  auto started = sealer_->start(++last_job_, memory, *caller.user);
  if (!started) return to_err(started.error());
  waiting_.push_back({&sink, caller, last_job_, std::move(request)});
  return std::nullopt;
}

void Dispatcher::on_sealed(Job job) {
  auto waiting = take_waiting(job);
  if (!waiting) return;
  Response response = execute(waiting->caller, waiting->request);
  close_if_refused(waiting->caller, waiting->request, response);
  waiting->sink->on_answer(std::move(response));
}

Response Dispatcher::greet(const Caller& caller, const request::Hello& request) const {
  Resources limits = caller.account->limits();
  return response::Hello{.features = executor_.features(),
                         .version = std::min(request.version, kProtocolVersion),
                         .allowed = caller.rights,
                         .max_regions = limits.regions,
                         .max_events = limits.events,
                         .max_bytes = limits.bytes,
                         .pid = static_cast<uint32_t>(getpid())};
}

Response Dispatcher::status() const {
  VmStatus status = executor_.status();
  status.sessions = connections_.session_count();
  return response::Status{status};
}

Response Dispatcher::subscribe(const Caller& caller, const request::Subscribe& request) const {
  auto events = connections_.subscribe(caller, request.events);
  if (!events) return to_err(events.error());
  return response::Subscribed{executor_.state(), std::move(*events)};
}

Response Dispatcher::open_session(const Caller& caller) const {
  auto session = connections_.open_session(caller);
  if (!session) return to_err(session.error());
  return response::SessionOpened{std::move(*session)};
}

std::optional<Response> Dispatcher::pause(ResponseSink& sink, const Caller& caller) {
  VmState state = executor_.request_pause();
  if (state == VmState::kPaused) return response::Ok{};
  if (state == VmState::kExited) return response::Err{ESRCH};
  waiting_.push_back({&sink, caller});
  return std::nullopt;
}

void Dispatcher::on_state_changed() {
  VmState state = executor_.state();
  if (state == VmState::kPaused) end_pauses(response::Ok{});
  if (state == VmState::kExited) end_pauses(response::Err{ESRCH});
}

template <class Outcome>
void Dispatcher::end_pauses(Outcome outcome) {
  std::vector<ResponseSink*> answered;
  std::erase_if(waiting_, [&](const Waiting& each) {
    if (each.job == 0) answered.push_back(each.sink);
    return each.job == 0;
  });
  for (ResponseSink* each : answered) each->on_answer(outcome);
}

std::optional<Response> Dispatcher::allocate(ResponseSink& sink, const Caller& caller,
                                             const request::AllocateAndRegisterGpuMemory& request) {
  // The driver is not asked for a caller that has no room for another region. The size is charged
  // later.
  auto room = caller.account->charge({.regions = 1});
  if (!room) return to_err(room.error());
  waiting_.push_back({&sink, caller, ++last_job_});
  gpu_->start(last_job_, request);
  return std::nullopt;
}

void Dispatcher::on_gpu_buffer(Job job, Result<GpuBuffer> buffer) {
  auto waiting = take_waiting(job);
  if (!waiting) return;
  waiting->sink->on_answer(buffer ? executor_.add_gpu_buffer(waiting->caller, std::move(*buffer))
                                  : to_err(buffer.error()));
}

// Nothing if the sink has gone.
std::optional<Dispatcher::Waiting> Dispatcher::take_waiting(Job job) {
  auto found = std::ranges::find(waiting_, job, &Waiting::job);
  if (found == waiting_.end()) return std::nullopt;
  std::optional<Waiting> taken(std::move(*found));
  waiting_.erase(found);
  return taken;
}

void Dispatcher::forget(ResponseSink& sink) {
  auto found = std::ranges::find(waiting_, &sink, &Waiting::sink);
  if (found == waiting_.end()) return;
  close_fd_of(found->request, found->caller);
  waiting_.erase(found);
}

}  // namespace vm_control
