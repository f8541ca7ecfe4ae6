// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/survey.h"

#include <poll.h>

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "vm_control/client/client.h"
#include "vm_control/transport/peer_credentials.h"

namespace vm_control::vmctl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Fewer than the file descriptors that a process may have by default.
constexpr size_t kMostAtATime = 500;
// Until a VM whose queue was full is tried again.
constexpr milliseconds kPause(20);

std::string state_without(const Error& connection) {
  return connection.code() == ECONNREFUSED ? "gone" : errno_name(connection.code());
}

// The questions to one VM. No function waits for it.
class Inquiry {
 public:
  explicit Inquiry(std::string path) : path_(std::move(path)) {}

  bool is_connected() const { return vm_.has_value(); }
  bool is_done() const { return is_done_; }
  int fd() const { return vm_->fd(); }
  Surveyed take() { return std::move(result_); }

  // Connects and says hello, unless the VM's queue is full.
  void begin();
  // A server of 2018 answers no Hello: a classic request, for a slot that no VM has, finds out.
  void try_classic_protocol();
  // Takes the response that is there.
  void proceed();

 private:
  // The client has given up the connection if a request could not be sent.
  void send(const Request& request);
  void finish(std::string state);

  std::string path_;
  std::optional<Client> vm_;
  bool is_done_ = false;
  Surveyed result_;
};

void Inquiry::begin() {
  auto vm = Client::connect(path_, milliseconds(1));
  if (!vm) {
    if (vm.error().code() != EAGAIN) finish(state_without(vm.error()));
    return;
  }
  vm_ = std::move(*vm);
  if (auto peer = peer_credentials(fd()); peer && peer->pid > 0) {
    result_.pid = static_cast<uint32_t>(peer->pid);
  }
  send(request::Hello{});
}

void Inquiry::try_classic_protocol() {
  send(request::UnregisterMemory{Slot(UINT32_MAX)});
}

void Inquiry::proceed() {
  auto response = vm_->receive();
  if (response && std::holds_alternative<response::Hello>(*response)) {
    send(request::Status{});
    return;
  }
  auto* told = response ? std::get_if<response::Status>(&*response) : nullptr;
  if (told) {
    result_.status = told->status;
    if (!result_.pid) result_.pid = told->status.pid;
  }
  finish(told ? to_string(told->status.state) : "running");
}

void Inquiry::send(const Request& request) {
  auto sent = vm_->send(request);
  if (sent) return;
  vm_.reset();
  if (sent.error().kind != CallError::Kind::kTimedOut) finish("running");
}

void Inquiry::finish(std::string state) {
  result_.state = std::move(state);
  is_done_ = true;
}

// Waits until one of those that are connected has answered, and takes the answers.
void take_answers(std::span<Inquiry> inquiries, Clock::time_point end) {
  std::vector<pollfd> connections;
  std::vector<Inquiry*> waiting;
  for (Inquiry& each : inquiries) {
    if (each.is_done() || !each.is_connected()) continue;
    connections.push_back({.fd = each.fd(), .events = POLLIN, .revents = 0});
    waiting.push_back(&each);
  }
  auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
  if (poll(connections.data(), connections.size(), static_cast<int>(left.count())) <= 0) return;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (connections[i].revents) waiting[i]->proceed();
  }
}

// Asks until all have answered or `end` has come.
void ask(std::span<Inquiry> inquiries, Clock::time_point end) {
  auto is_done = [](const Inquiry& each) { return each.is_done(); };
  while (Clock::now() < end && !std::ranges::all_of(inquiries, is_done)) {
    bool has_full_queue = false;
    for (Inquiry& each : inquiries) {
      if (!each.is_done() && !each.is_connected()) each.begin();
      has_full_queue |= !each.is_done() && !each.is_connected();
    }
    take_answers(inquiries, has_full_queue ? std::min(end, Clock::now() + kPause) : end);
  }
}

void ask_in_both_protocols(std::span<Inquiry> inquiries, milliseconds timeout) {
  auto now = Clock::now();
  ask(inquiries, now + timeout / 2);
  for (Inquiry& each : inquiries) {
    if (!each.is_done() && each.is_connected()) each.try_classic_protocol();
  }
  ask(inquiries, now + timeout);
}

}  // namespace

std::vector<Surveyed> survey(const std::vector<std::filesystem::path>& sockets,
                             milliseconds timeout) {
  std::vector<Inquiry> inquiries;
  inquiries.reserve(sockets.size());
  for (const auto& socket : sockets) inquiries.emplace_back(socket.string());
  for (size_t first = 0; first < inquiries.size(); first += kMostAtATime) {
    size_t count = std::min(kMostAtATime, inquiries.size() - first);
    ask_in_both_protocols(std::span(inquiries).subspan(first, count), timeout);
  }
  std::vector<Surveyed> found;
  found.reserve(inquiries.size());
  for (Inquiry& each : inquiries) found.push_back(each.take());
  return found;
}

}  // namespace vm_control::vmctl
