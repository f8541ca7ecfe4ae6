// SPDX-License-Identifier: BSD-3-Clause
// A server in a process of its own, which can be looked at from outside: what a leak would show in.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/hostile/test_child.h"
#include "vm_control/accounts/quotas.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

// What a server has.
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

inline void PrintTo(const Footprint& has, std::ostream* out) {
  *out << has.fds << " fds, " << has.mappings << " mappings, " << has.regions << " regions, "
       << has.sessions << " sessions, " << has.ioevents << " ioevents, " << has.irqfds << " irqfds";
}

class ServerProcess {
 public:
  enum class Machine { kFake, kKvm };
  struct Options {
    Machine machine = Machine::kFake;
    Quotas quotas = many();
    std::chrono::milliseconds session_deadline{5000};
    size_t max_fds = 4096;
  };
  // What lets one user do harm.
  static Quotas many();

  // Returns when it serves. `options.session_deadline` is for the fake machine.
  explicit ServerProcess(const Options& options);
  ServerProcess() : ServerProcess(Options()) {}

  // An ordinary client. It is another user than who connects to path(), and is alone there.
  // Over a real machine it is not.
  Client& client() { return *client_; }
  const std::string& path() const { return path_; }
  // A connection, as hostile clients make it: blocking, with a deadline.
  UniqueFd connect() const;

  // Keeps the process from running, until the other is called.
  void stop() const { child_->signal(SIGSTOP); }
  void go_on() const { child_->signal(SIGCONT); }

  // When it has not changed for a while: what is to be closed is closed by then.
  Footprint footprint();
  // Waits until the footprint is `expected`; returns it as it is at last.
  Footprint footprint_after(const Footprint& expected);
  // That the process used since it started.
  std::chrono::milliseconds cpu_time() const;

 private:
  std::string proc(const char* name) const;
  Footprint footprint_now();

  TestDirectory directory_;
  std::string path_ = directory_.path() + "/server";
  std::optional<Client> client_;
  UniqueFd questions_;
  std::optional<TestChild> child_;
};

// The time that `client` takes for a request: the median of some.
std::chrono::microseconds median_round_trip(Client& client);

}  // namespace vm_control
