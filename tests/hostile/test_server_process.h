// SPDX-License-Identifier: BSD-3-Clause
// A server in a process of its own, whose resources a test can count from outside to find leaks.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/hostile/test_child.h"
#include "vm_control/accounts/quotas.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

// The resources of a server.
struct Footprint {
  size_t fds = 0;
  size_t mappings = 0;  // of shared memory
  size_t regions = 0;
  size_t sessions = 0;
  // Of the fake machine; 0 for a real one, where each shows as a descriptor.
  size_t ioevents = 0;
  size_t irqfds = 0;

  bool operator==(const Footprint&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Footprint& has) {
  return out << has.fds << " fds, " << has.mappings << " mappings, " << has.regions << " regions, "
             << has.sessions << " sessions, " << has.ioevents << " ioevents, " << has.irqfds
             << " irqfds";
}

class ServerProcess {
 public:
  enum class Machine { kFake, kKvm };
  struct Options {
    Machine machine = Machine::kFake;
    Quotas quotas = many();
    std::chrono::milliseconds session_deadline{5000};
    size_t max_fds = 4096;
    std::vector<uid_t> uids = {};              // who may connect, beside this user
    Doorbells doorbells = Doorbells::kDirect;  // at path()
  };
  // Large quotas, so that one user can do harm.
  static Quotas many();

  // The server's answer to a question about its fake machine.
  struct Answer {
    size_t ioevents;
    size_t irqfds;
    std::chrono::nanoseconds ringing;
  };

  // Returns when the server serves. `options.session_deadline` applies to the fake machine only.
  explicit ServerProcess(const Options& options);
  ServerProcess() : ServerProcess(Options()) {}

  // An ordinary client. With the fake machine it has an account of its own; with a real machine it
  // shares that of the clients that connect to path().
  Client& client() { return *client_; }
  const std::string& path() const { return path_; }
  // A second socket: who connects there is another principal.
  std::string other_path() const { return path_ + ".other"; }
  // A connection for a hostile client: blocking, with a deadline.
  UniqueFd connect() const;

  // Writes to each doorbell of the fake machine, as a vCPU of a real one. Returns how long that
  // took.
  std::chrono::nanoseconds ring();

  // Opens descriptors in the process until it can open no more, and closes them again.
  void fill_table();
  void empty_table();

  // Stops the process with SIGSTOP, and continues it.
  void stop() const { child_->signal(SIGSTOP); }
  void go_on() const { child_->signal(SIGCONT); }

  // Returns the footprint as soon as it no longer changes, when the server has closed what it
  // closes.
  Footprint footprint();
  // Waits until the footprint is `expected`, and returns the last one seen.
  Footprint footprint_after(const Footprint& expected);
  // The CPU time of the process since it started.
  std::chrono::milliseconds cpu_time() const;

 private:
  std::string proc(const char* name) const;
  Footprint footprint_now();
  Answer ask(char question) const;

  TestDirectory directory_;
  std::string path_ = directory_.path() + "/server";
  std::optional<Client> client_;
  UniqueFd questions_;
  std::optional<TestChild> child_;
};

// The median time of a request of `client`.
std::chrono::microseconds median_round_trip(Client& client);

}  // namespace vm_control
