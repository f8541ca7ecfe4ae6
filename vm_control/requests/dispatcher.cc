// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/request.h"

namespace vm_control {
namespace {

Response to_err(const Error& error) {
  return response::Err{error.code()};
}

// Whether a request was refused for what others have, which they give back when they end.
bool is_refused_for_want(const std::optional<Response>& response) {
  auto* err = response ? std::get_if<response::Err>(&*response) : nullptr;
  constexpr std::array kCodes = {EDQUOT, EEXIST, EMFILE, ENOSPC};
  return err && std::ranges::find(kCodes, err->code) != kCodes.end();
}

bool moves_balloon(const Request& request) {
  return std::holds_alternative<request::BalloonAdjust>(request) ||
         std::holds_alternative<request::BalloonSet>(request);
}

}  // namespace

std::optional<Response> Dispatcher::answer(ResponseSink& sink, const Caller& caller,
                                           Message& message) {
  if (message.bytes.size() != kRequestSize) return response::Err{EMSGSIZE};
  if (message.fd_error) return response::Err{message.fd_error};
  auto request = decode_request(message.bytes, message.fd);
  if (!request) return to_err(request.error());
  if (!is_allowed(caller, *request)) return response::Err{EPERM};
  if (caller.account->is_behind() || caller.account->is_overdrawn()) return response::Err{EDQUOT};
  auto response = perform(sink, caller, *request);
  // The loop may know only later that a connection has ended which the peer closed before it asked.
  if (is_refused_for_want(response) && connections_.end_abandoned()) {
    response = perform(sink, caller, *request);
  }
  bool is_refused = response && std::holds_alternative<response::Err>(*response);
  if (auto* fd = carried_fd(*request); fd && is_refused) {
    message.fd = fd->take().value_or(UniqueFd());
  }
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
  if (std::holds_alternative<request::Pause>(request)) return pause(sink);
  if (std::holds_alternative<request::BalloonStats>(request)) return balloon_queries_.ask(sink);
  Response response = executor_.execute(caller, request);
  if (std::holds_alternative<request::Resume>(request)) connections_.tell_resumed();
  if (moves_balloon(request)) connections_.tell_balloon_changed();
  return response;
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

std::optional<Response> Dispatcher::pause(ResponseSink& sink) {
  uint64_t resumes = connections_.resumes();
  VmState state = executor_.request_pause();
  if (state == VmState::kPaused) return response::Ok{};
  if (state == VmState::kExited) return response::Err{ESRCH};
  pauses_.push_back({&sink, resumes});
  return std::nullopt;
}

void Dispatcher::on_state_changed() {
  VmState state = executor_.state();
  auto all = [](const Pause&) { return true; };
  if (state == VmState::kPaused) end_pauses(response::Ok{}, all);
  if (state == VmState::kExited) end_pauses(response::Err{ESRCH}, all);
}

void Dispatcher::on_resumed(uint64_t resumes) {
  end_pauses(response::Err{ECANCELED},
             [resumes](const Pause& each) { return each.resumes < resumes; });
}

template <class Outcome, class Condition>
void Dispatcher::end_pauses(Outcome outcome, Condition condition) {
  for (ResponseSink* each : take_sinks(pauses_, condition)) each->on_answer(outcome);
}

void Dispatcher::forget(ResponseSink& sink) {
  std::erase_if(pauses_, [&sink](const Pause& each) { return each.sink == &sink; });
  balloon_queries_.forget(sink);
}

}  // namespace vm_control
