// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/test_vm.h"

#include <poll.h>

#include <csignal>
#include <iostream>
#include <limits>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "vm_control/base/test_directory.h"
#include "vm_control/kvm/kvm.h"
#include "vmhost/vm_host.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kVmPatience(30'000);

}  // namespace

// The machine and its loop's thread.
class TestVm::Host {
 public:
  explicit Host(bool has_window) {
    std::signal(SIGPIPE, SIG_IGN);
    vm_ = vmhost::VmHost::create(loop_, options(has_window)).value();
    EXPECT_TRUE(start_console());
  }
  ~Host() {
    vm_->stop();
    join();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void run() {
    // Accepts the serial line's connection before the guest starts: output without a reader is
    // lost.
    loop_.run_once(-1);
    runner_ = std::thread([this] { reason_ = vm_->run(); });
  }
  void join() {
    if (runner_.joinable()) runner_.join();
  }

  std::string path(const char* name) const { return directory_.path() + "/" + name; }
  vmhost::VmHost& vm() { return *vm_; }
  const Result<vmm::ExitReason>& reason() const { return *reason_; }

  bool has_logged(const std::string& text) {
    std::lock_guard lock(log_mutex_);
    return log_.find(text) != std::string::npos;
  }

 private:
  vmhost::VmHost::Options options(bool has_window) {
    constexpr uint32_t kMany = std::numeric_limits<uint32_t>::max();
    // The machine refuses regions that KVM has no room for, not a quota.
    Quotas quotas;
    quotas.session.regions = quotas.user.regions = kMany;
    return {.sockets = {{path("seqpacket"), SocketType::kSeqpacket},
                        {path("datagram"), SocketType::kDatagram}},
            .ram_size = uint64_t{4} << 20,
            .serial = "unix:" + path("serial"),
            .gpu = "memfd",
            .device_memory_base = GuestAddress(kDeviceMemory),
            .has_window = has_window,
            .quotas = quotas,
            .log = [this](std::string_view line) { log(line); }};
  }

  void log(std::string_view line) {
    std::cerr << line << "\n";
    std::lock_guard lock(log_mutex_);
    (log_ += line) += "\n";
  }

  // Connects the serial port to its socket, as vmctl does.
  Result<void> start_console() {
    auto send = [serial = &vm_->serial()](std::span<const std::byte> bytes) {
      return serial->receive(bytes);
    };
    return vm_->console().connect(loop_, {send, *vm_->serial().input_room().duplicate()});
  }

  TestDirectory directory_;
  std::mutex log_mutex_;
  std::string log_;
  EventLoop loop_ = *EventLoop::create();
  std::unique_ptr<vmhost::VmHost> vm_;
  std::optional<Result<vmm::ExitReason>> reason_;
  std::thread runner_;
};

TestVm::TestVm(bool has_window) : host_(std::make_unique<Host>(has_window)) {
  monitor_.emplace(connect_socket(host_->path("serial"), SocketType::kStream, kVmPatience).value());
  host_->run();
  EXPECT_TRUE(monitor_->read_to_prompt().starts_with("vm_control monitor\n"));
}

TestVm::~TestVm() {
  // Joins the machine's thread while the guest still has its serial line.
  host_.reset();
}

vmm::Machine& TestVm::machine() {
  return host_->vm().machine();
}

bool TestVm::has_logged(const std::string& text) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!host_->has_logged(text) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return host_->has_logged(text);
}

Client TestVm::connect(SocketType type) const {
  auto socket = connect_socket(host_->path(to_string(type)), type, kVmPatience);
  return Client::adopt(std::move(socket).value(), kVmPatience).value();
}

Result<vmm::ExitReason> TestVm::wait() {
  pollfd stopped{.fd = machine().stopped_fd(), .events = POLLIN, .revents = 0};
  if (poll(&stopped, 1, static_cast<int>(kVmPatience.count())) != 1) {
    ADD_FAILURE() << "the machine does not stop";
    host_->vm().stop();
  }
  host_->join();
  return host_->reason();
}

void VmTest::skip_without_kvm() {
  auto kvm = kvm::Kvm::open();
  if (!kvm) GTEST_SKIP() << kvm.error().message();
}

void VmTest::SetUp() {
  skip_without_kvm();
  if (!IsSkipped()) vm_ = std::make_unique<TestVm>();
}

void SocketTest::SetUp() {
  skip_without_kvm();
  if (IsSkipped()) return;
  vm_ = std::make_unique<TestVm>(GetParam().has_window);
  client_ = vm_->connect(GetParam().socket);
}

}  // namespace vm_control
