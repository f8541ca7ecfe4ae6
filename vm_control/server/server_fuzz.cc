// SPDX-License-Identifier: BSD-3-Clause
// Any clients send any messages with any descriptors, to a machine that fails at any time: the
// server answers each message once, and after each step the server's invariants hold.
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <cstdlib>
#include <iostream>

#include "vm_control/server/test_fuzz_frame.h"
#include "vm_control/server/test_fuzz_peers.h"
#include "vm_control/server/test_invariants.h"

namespace vm_control {
namespace {

constexpr std::array kStates = {VmState::kRunning, VmState::kPaused, VmState::kExited};
constexpr uint64_t kMemorySize = 4 * kPageSize;
// A socket's queue surely takes so few, which is needed as client and server share a thread.
constexpr size_t kMaxUnsettled = 8;

UniqueFd make_memory(unsigned flags, int seals) {
  UniqueFd fd(memfd_create("fuzz", MFD_CLOEXEC | flags));
  if (ftruncate(fd.get(), kMemorySize) < 0) std::abort();
  if (seals && fcntl(fd.get(), F_ADD_SEALS, seals) < 0) std::abort();
  return fd;
}

// The descriptors that a client may send.
struct Descriptors {
  UniqueFd sealed = make_memory(MFD_ALLOW_SEALING, F_SEAL_SHRINK);
  UniqueFd unsealed = make_memory(MFD_ALLOW_SEALING, 0);
  UniqueFd shrinkable = make_memory(0, 0);
  UniqueFd write_sealed = make_memory(MFD_ALLOW_SEALING, F_SEAL_WRITE);
  UniqueFd read_only{open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  UniqueFd path_only{open("/proc/self/exe", O_PATH | O_CLOEXEC)};
  UniqueFd event{eventfd(0, EFD_CLOEXEC)};
  UniqueFd event_too{eventfd(0, EFD_CLOEXEC)};

  std::array<int, 8> numbers() const {
    return {sealed.get(),    event.get(),     unsealed.get(),  shrinkable.get(),
            event_too.get(), read_only.get(), path_only.get(), write_sealed.get()};
  }
};

class Scenario {
 public:
  explicit Scenario(FuzzInput input) : input_(input) {}

  void play() {
    connect();
    settle();
    while (!input_.empty()) step();
    settle();
    end();
  }

 private:
  void step() {
    switch (input_.below(13)) {
      case 0:
      case 1:
        send();
        return settle();
      case 2:
        return send();
      case 3:
        return send_anything();
      case 4:
        connect();
        return settle();
      case 5:
        peers_.remove(input_.byte());
        return settle();
      case 6:
        if (FuzzPeer* peer = peers_.at(input_.byte())) peer->finish();
        return settle();
      case 7:
        test_.vm.fail_next_with = 1 + input_.byte() % 100;
        return;
      case 8:
        settle();
        test_.vm.pauses_at_once = input_.byte() % 2;
        return;
      case 9:
        return fault();
      case 10:
        return change_balloon();
      case 11:
        peers_.remove_subscription();
        return settle();
      default:
        test_.vm.state = input_.one_of(kStates);
        test_.server->on_state_changed();
    }
  }

  void connect() {
    if (peers_.size() == FuzzPeers::kMax) return;
    uint8_t kind = input_.byte();
    Rights rights = kind & 0x80 ? Rights::from_mask(kind) : Rights::all();
    SocketPolicy policy{.allow = rights,
                        .seal_policy = kind & 8 ? SealPolicy::kRequire : SealPolicy::kPrefer};
    switch (kind % 4) {
      case 0:
      case 1:
        return kind & 0x10 ? add_datagram_pair(policy) : peers_.add(test_.adopt(policy));
      case 2:
        return add_path(SocketType::kSeqpacket);
      default:
        return add_path(SocketType::kDatagram);
    }
  }

  void add_datagram_pair(const SocketPolicy& policy) {
    ++datagram_pairs_;
    peers_.add(test_.adopt(policy, {}, SocketType::kDatagram));
  }

  // The descriptors of the loops of all principals.
  size_t loop_fds() const {
    constexpr size_t kFdsOfALoop = 3;
    size_t loops = 0;
    test_.server->for_each_principal_for_testing([&loops](const Principal&) { ++loops; });
    return loops * kFdsOfALoop;
  }

  // The socket that serves a path is there from the first connection on.
  void add_path(SocketType type) {
    bool& served = type == SocketType::kSeqpacket ? serves_sessions_ : serves_datagrams_;
    if (!std::exchange(served, true)) own_fds_ += type == SocketType::kSeqpacket ? 2 : 1;
    peers_.add(test_.connect(type));
  }

  std::vector<int> some_fds(const FuzzPeer& peer) {
    uint8_t choice = input_.byte();
    size_t count = choice < 0xc0 ? choice / 0x10 % 2 : choice % 4;
    std::vector<int> fds(count, choice == 0x1f ? peer.fd() : files_.numbers()[choice % 8]);
    return fds;
  }

  void send() {
    FuzzPeer* peer = peers_.at(input_.byte());
    if (!peer) return;
    std::vector<int> fds = some_fds(*peer);
    peer->send(compose_frame(input_, peers_.handles()), fds);
    count_unsettled();
  }

  void send_anything() {
    FuzzPeer* peer = peers_.at(input_.byte());
    if (!peer) return;
    std::vector<int> fds = some_fds(*peer);
    std::array<std::byte, 64> bytes{};
    size_t size = input_.below(bytes.size());
    // At a path for datagrams, what could be a response is not answered.
    if (size == kResponseSize) --size;
    auto message = std::span(bytes).first(size);
    for (std::byte& each : message) each = std::byte{input_.byte()};
    peer->send(message, fds);
    count_unsettled();
  }

  void count_unsettled() {
    if (++unsettled_ == kMaxUnsettled) settle();
  }

  // Takes memory away from under its regions, or says that the guest could not reach it.
  void fault() {
    uint8_t choice = input_.byte();
    if (choice & 0x80 && ftruncate(files_.shrinkable.get(), 0) < 0) std::abort();
    GuestAddress address(TestServer::kWindowStart + choice % 8 * kPageSize);
    test_.watch->on_memory_fault(choice & 0x40 ? std::optional(address) : std::nullopt);
    if (ftruncate(files_.shrinkable.get(), kMemorySize) < 0) std::abort();
    settle();
  }

  void change_balloon() {
    uint8_t choice = input_.byte();
    test_.balloon.connected = choice & 1;
    test_.balloon.has_stats = !(choice & 2);
    test_.balloon.now.actual_bytes = choice & 4 ? kPageSize : 0;
    test_.server->on_balloon_changed();
  }

  // Everything that was asked is answered, what was sent is closed, and all is right.
  void settle() {
    unsettled_ = 0;
    work();
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (const char* unsettled = what_is_unsettled()) {
      if (std::chrono::steady_clock::now() > end) die(unsettled);
      test_.loop.run_once(1);
      work();
    }
    check();
  }

  const char* what_is_unsettled() {
    if (peers_.await_answers()) return "a message is not answered";
    size_t fds = own_fds_ + loop_fds() + peers_.fds() + kept_fds(test_);
    return count_open_fds() == fds ? nullptr : "descriptors are lost";
  }

  // The machine has stopped, if it was asked to.
  void pause() {
    if (test_.vm.pauses_at_once || std::exchange(pauses_, test_.vm.pauses) == test_.vm.pauses)
      return;
    if (test_.vm.state == VmState::kRunning) test_.vm.state = VmState::kPaused;
    test_.server->on_state_changed();
  }

  // The guest has told its statistics, if it was asked to.
  void report() {
    if (std::exchange(reports_, test_.balloon.stats_requests) == test_.balloon.stats_requests) {
      return;
    }
    test_.balloon.report({.age_ms = UINT32_MAX});
    test_.server->on_balloon_changed();
  }

  void work() {
    while (test_.loop.run_once(0) > 0) {
    }
    if (unsettled_ == 0) {
      pause();
      report();
    }
    peers_.receive_all();
  }

  void check() {
    std::string wrong = broken_invariant(test_);
    if (!wrong.empty()) die(wrong.c_str());
  }

  void end() {
    peers_.clear();
    settle();
    // A datagram pair shows that its other end has gone only when something is sent.
    if (test_.server->session_count() > datagram_pairs_) die("a session outlives its connection");
    if (test_.server->subscriber_count_for_testing() > 0) die("a subscription outlives its reader");
  }

  [[noreturn]] static void die(const char* what) {
    std::cerr << what << "\n";
    std::abort();
  }

  FuzzInput input_;
  TestServer test_;
  Descriptors files_;
  FuzzPeers peers_;
  bool serves_sessions_ = false;
  bool serves_datagrams_ = false;
  size_t datagram_pairs_ = 0;
  size_t unsettled_ = 0;
  int pauses_ = 0;   // that were asked for when the machine stopped last
  int reports_ = 0;  // that were asked for when the guest told its statistics last
  size_t own_fds_ = count_open_fds();
};

}  // namespace
}  // namespace vm_control

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control;
  size_t fds = count_open_fds();
  Scenario(FuzzInput(std::span(data, size))).play();
  if (count_open_fds() != fds) std::abort();
  return 0;
}
