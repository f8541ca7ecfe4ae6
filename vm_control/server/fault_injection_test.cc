// SPDX-License-Identifier: BSD-3-Clause
// Any system call on the path of a request may fail: the server then does the request whole or not
// at all, no other client notices, and the next try succeeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>

#include <map>
#include <tuple>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/protocol/event.h"
#include "vm_control/server/test_faults.h"
#include "vm_control/server/test_invariants.h"

namespace vm_control {
namespace {

// How many of each thing there are.
struct Counts {
  int regions = 0;
  int events = 0;
  int subscribers = 0;
  int sessions = 0;

  bool operator==(const Counts&) const = default;
  Counts operator+(const Counts& other) const {
    return {regions + other.regions, events + other.events, subscribers + other.subscribers,
            sessions + other.sessions};
  }
};

void PrintTo(const Counts& counts, std::ostream* out) {
  *out << counts.regions << " regions, " << counts.events << " events, " << counts.subscribers
       << " subscribers, " << counts.sessions << " sessions";
}

// The descriptors that clients send.
struct Files {
  SharedMemory memory = *SharedMemory::create("test", 4 * kPageSize);
  UniqueFd unsealed = make_unsealed_memory(kPageSize);
  UniqueFd shrinkable = make_unsealable_memory(kPageSize);
  UniqueFd program{open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  EventFd event = *EventFd::create();

  request::MapMemory map(int fd, bool read_only = false, bool log_dirty = false) const {
    return request::MapMemory{.fd = MaybeOwnedFd::borrow(fd),
                              .size = kPageSize,
                              .flags = {.read_only = read_only, .log_dirty = log_dirty}};
  }
  Request ioevent() const {
    return request::RegisterIoevent{MaybeOwnedFd::borrow(event.fd()),
                                    {.address = GuestLayout::kDoorbells.value(), .length = 4}};
  }
};

enum class Outcome { kDone, kRefused, kEnded };

// A server, a client that has something, and one whose requests meet faults.
class Fixture {
 public:
  Fixture() {
    EXPECT_EQ(ask(bystander_, files.map(files.memory.fd())), 0);
    EXPECT_EQ(ask(bystander_, request::RegisterIrqfd{MaybeOwnedFd::borrow(files.event.fd()), 5}),
              0);
    connect();
    leave();
    // The principal of a connection that has ended is used again.
    server.adopt();
    leave();
    empty_ = counts();
    fds_ = count_open_fds();
  }

  int ask(const TestPeer& from, const Request& request) {
    return code_of(server.call(from, request));
  }
  template <class Expected>
  Expected get(const Request& request) {
    return server.call_for<Expected>(*peer, request);
  }

  void connect() { peer = server.connect(SocketType::kSeqpacket); }
  void leave() {
    peer.reset();
    server.pump();
    release_detached();
    server.pump();
  }

  void release_detached() {
    auto region = server.memory.next_after({});
    for (; region; region = server.memory.next_after(region->range.start())) {
      if (region->detached) server.executor.release_all_of(region->owner.id);
    }
  }

  // Lets the server work until the peer has its answer, or its connection has ended.
  void work() {
    pollfd entry{.fd = peer->fd(), .events = POLLIN, .revents = 0};
    EXPECT_TRUE(server.pump_until([&] { return poll(&entry, 1, 0) == 1; })) << "no answer";
    server.pump();
  }
  Outcome outcome() const {
    int code = code_of(peer->receive());
    if (code < 0) return Outcome::kEnded;
    return code == 0 ? Outcome::kDone : Outcome::kRefused;
  }

  Counts counts() const {
    return {static_cast<int>(server.memory.count()),
            static_cast<int>(server.executor.events().count()),
            static_cast<int>(server.server->subscriber_count_for_testing()),
            static_cast<int>(server.server->session_count())};
  }

  // Nothing that the peer had is left, nothing that the other has is gone.
  void expect_as_before_the_peer() {
    leave();
    EXPECT_EQ(counts(), empty_);
    EXPECT_EQ(count_open_fds(), fds_);
    expect_sound();
  }
  void expect_sound() {
    EXPECT_EQ(broken_invariant(server), "");
    EXPECT_EQ(ask(bystander_, request::BalloonAdjust{0}), 0);
    EXPECT_EQ(server.vm.irqs.size(), 1u);
  }
  const Counts& empty() const { return empty_; }

  Files files;
  TestServer server;
  std::optional<TestPeer> peer;

 private:
  TestPeer bystander_ = server.adopt();
  Counts empty_;  // without the peer
  size_t fds_ = 0;
};

struct Scenario {
  const char* name;
  Counts change;                             // by success
  std::function<Request(Fixture&)> prepare;  // what the peer is to ask
  Counts lasting = {};                       // of the change, what the session does not take along
};

Handle mapped(Fixture& fixture, bool log_dirty = false) {
  Request request = fixture.files.map(fixture.files.memory.fd(), false, log_dirty);
  return fixture.get<response::MappedMemory>(request).handle;
}

const std::vector<Scenario>& scenarios() {
  using namespace request;
  static const std::vector<Scenario> all = {
      {"register memory",
       {.regions = 1},
       [](Fixture& w) { return register_memory(w.files.memory.fd(), kPageSize); }},
      {"map memory to be sealed",
       {.regions = 1},
       [](Fixture& w) { return w.files.map(w.files.unsealed.get()); }},
      {"map memory that can shrink",
       {.regions = 1},
       [](Fixture& w) { return w.files.map(w.files.shrinkable.get()); }},
      {"map a file",
       {.regions = 1},
       [](Fixture& w) { return w.files.map(w.files.program.get(), true); }},
      {"map memory for the VM",
       {.regions = 1},
       [](Fixture& w) {
         MapMemory map = w.files.map(w.files.memory.fd());
         map.detached = true;
         return map;
       },
       {.regions = 1}},
      {"unmap memory", {.regions = -1}, [](Fixture& w) { return UnmapMemory{mapped(w)}; }},
      {"read a dirty log", {}, [](Fixture& w) { return ReadDirtyLog{mapped(w, true)}; }},
      {"allocate a GPU buffer",
       {.regions = 1},
       [](Fixture&) {
         return AllocateAndRegisterGpuMemory{64, 64, 0x34325258};
       }},
      {"unregister an ioevent",
       {.events = -1},
       [](Fixture& w) {
         auto registered = w.get<response::IoeventRegistered>(w.files.ioevent());
         return UnregisterEvent{registered.handle};
       }},
      {"register an ioevent", {.events = 1}, [](Fixture& w) { return w.files.ioevent(); }},
      {"subscribe", {.subscribers = 1}, [](Fixture&) { return Subscribe{kAllEvents}; }},
      {"open a session", {.sessions = 1}, [](Fixture&) { return OpenSession{}; }},
      {"ask for the status", {}, [](Fixture&) { return Status{}; }}};
  return all;
}

class FaultInjection : public testing::TestWithParam<Failure> {
 protected:
  // Calls `attempt(fixture, nth)` for each call that there is to fail.
  template <class Attempt>
  void fail_each_call(Attempt attempt) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth));
      Fixture fixture;
      attempt(fixture, nth);
      if (HasFatalFailure() || !Fault::struck()) return;
      ++struck_;
    }
  }

  // counts   before the fault, and what success adds to it.
  // lasting  what is left of that where the answer is lost, and the session with it.
  static void expect_all_or_nothing(Fixture& fixture, const Counts& counts, const Counts& change,
                                    const Counts& lasting) {
    switch (fixture.outcome()) {
      case Outcome::kDone:
        EXPECT_EQ(fixture.counts(), counts + change);
        break;
      case Outcome::kRefused:
        EXPECT_EQ(fixture.counts(), counts);
        break;
      case Outcome::kEnded:
        EXPECT_THAT(fixture.counts(), testing::AnyOf(fixture.empty(), fixture.empty() + lasting));
    }
    fixture.expect_sound();
  }

  void expect_success_next_time(Fixture& fixture, const Scenario& scenario) {
    fixture.leave();
    fixture.connect();
    Request request = scenario.prepare(fixture);
    EXPECT_EQ(fixture.ask(*fixture.peer, request), 0);
    fixture.expect_as_before_the_peer();
  }

  void try_request(Fixture& fixture, int nth, const Scenario& scenario) {
    fixture.connect();
    Request request = scenario.prepare(fixture);
    Counts before = fixture.counts();
    EXPECT_TRUE(fixture.peer->send(request));
    {
      Fault fault(GetParam(), nth);
      fixture.work();
    }
    expect_all_or_nothing(fixture, before, scenario.change, scenario.lasting);
    expect_success_next_time(fixture, scenario);
  }

  // serve  lets the server take on a connection, whose first request waits there.
  template <class Serve>
  void try_connection(Fixture& fixture, int nth, TestPeer peer, Serve serve) {
    fixture.peer = std::move(peer);
    EXPECT_TRUE(fixture.peer->send(request::BalloonAdjust{0}));
    {
      Fault fault(GetParam(), nth);
      serve();
      fixture.work();
    }
    expect_all_or_nothing(fixture, fixture.empty(), {.sessions = 1}, {});
    expect_success_next_time(fixture, scenarios().front());
  }

  int struck_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Of, FaultInjection, testing::ValuesIn(kFailures),
                         [](const auto& failure) { return to_string(failure.param); });

TEST_P(FaultInjection, LeavesWhatWasAskedDoneOrUndone) {
  for (const Scenario& scenario : scenarios()) {
    SCOPED_TRACE(scenario.name);
    fail_each_call([&](Fixture& fixture, int nth) { try_request(fixture, nth, scenario); });
  }
  fail_each_call([&](Fixture& fixture, int nth) {
    SCOPED_TRACE("connect");
    auto path = fixture.server.directory + "/seqpacket";
    auto socket = *connect_socket(path, SocketType::kSeqpacket, std::chrono::milliseconds(1000));
    try_connection(fixture, nth, TestPeer(std::move(socket)), [] {});
  });
  fail_each_call([&](Fixture& fixture, int nth) {
    SCOPED_TRACE("adopt");
    auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
    try_connection(fixture, nth, TestPeer(std::move(theirs)), [&fixture, socket = &ours] {
      ignore(fixture.server.server->adopt(std::move(*socket)), "a call in it may be made to fail");
    });
  });
  fail_each_call([&](Fixture& fixture, int nth) {
    SCOPED_TRACE("disconnect");
    fixture.connect();
    for (const Scenario& scenario : scenarios()) {
      EXPECT_EQ(fixture.ask(*fixture.peer, scenario.prepare(fixture)), 0) << scenario.name;
    }
    {
      Fault fault(GetParam(), nth);
      fixture.leave();
    }
    fixture.expect_as_before_the_peer();
  });
  EXPECT_GT(struck_, 0) << "no call of this function is on the path of a request";
}

}  // namespace
}  // namespace vm_control
