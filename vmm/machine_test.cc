// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "vm_control/base/test_memory.h"
#include "vm_control/kvm/guest_code.h"
#include "vmm/kvm_virtual_machine.h"
#include "vmm/memory_faults.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/sandbox/test_child.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kDeviceMemory = 0x8000'0000;
constexpr auto kPatience = std::chrono::seconds(20);

#define RESET "mov $0xfe, %al; out %al, $0x64; 9: hlt; jmp 9b;"
#define PUT_AL "mov $0x3f8, %dx; out %al, %dx;"

GUEST_CODE32(print_and_reset, "mov $'!', %al;" PUT_AL RESET);
GUEST_CODE32(sleep, "cli; 1: hlt; jmp 1b");
GUEST_CODE32(spin, "1: jmp 1b");
// Counts in device memory for ever.
GUEST_CODE32(count, "1: incl 0x80000000; jmp 1b");
GUEST_CODE32(triple_fault, "ud2");
// Code where no memory is: KVM can neither run nor emulate it.
GUEST_CODE32(jump_to_nothing, "mov $0x80000000, %eax; jmp *%eax");
// The four bytes of EBX, lowest first.
GUEST_CODE32(print_ram_size,
             "mov $4, %ecx; mov $0x3f8, %dx;"
             "1: mov %bl, %al; out %al, %dx; shr $8, %ebx; loop 1b;" RESET);
// A read of nothing; a write to nothing, and that again.
GUEST_CODE32(touch_nothing,
             "movl $0x12345678, 0x80000000; mov 0x80000000, %eax;"
             "inc %eax; jnz 2f; mov $0x1234, %dx; in %dx, %eax; inc %eax; jnz 2f;"
             "mov $'1', %al;" PUT_AL "2:" RESET);
GUEST_CODE32(read_device_memory, "mov 0x80000000, %al;" PUT_AL "movb $'h', 0x80000001;" RESET);
// Echoes what it polls for, until a 'q'.
GUEST_CODE32(echo_by_polling,
             "1: mov $0x3fd, %dx; in %dx, %al; test $1, %al; jz 1b;"
             "mov $0x3f8, %dx; in %dx, %al; out %al, %dx; cmp $'q', %al; jne 1b;" RESET);
// The same, asleep until IRQ 4, which is vector 0x24. The GDT is at 0x400, with a code segment at
// 8; the IDT at 0x800. The handler returns by hand: where KVM emulates every instruction, iret in
// protected mode is not among them.
GUEST_CODE32(echo_by_interrupt,
             "movl $0xffff, 0x408; movl $0xcf9b00, 0x40c;"
             "movw $15, 0x3f0; movl $0x400, 0x3f2; lgdt 0x3f0;"
             "movw $0x7ff, 0x3f8; movl $0x800, 0x3fa; lidt 0x3f8;"
             "mov $0x100000 + 3f - echo_by_interrupt_begin, %eax;"
             "movw %ax, 0x920; movw $8, 0x922; movw $0x8e00, 0x924; shr $16, %eax;"
             "movw %ax, 0x926;"
             "mov $0x11, %al; out %al, $0x20; mov $0x20, %al; out %al, $0x21;"
             "mov $4, %al; out %al, $0x21; mov $1, %al; out %al, $0x21;"
             "mov $0xef, %al; out %al, $0x21;"
             "mov $0x3f9, %dx; mov $1, %al; out %al, %dx;"
             "mov $'>', %al;" PUT_AL
             "1: sti; hlt; jmp 1b;"
             "3: mov $0x3f8, %dx; in %dx, %al; out %al, %dx; cmp $'q', %al; je 4f;"
             "mov $0x20, %al; out %al, $0x20; pushl 8(%esp); popfl; lret $4; 4:" RESET);

// What a machine prints, for another thread to wait for.
class Console {
 public:
  SerialSink sink() {
    return [this](std::span<const std::byte> bytes) {
      std::lock_guard lock(mutex_);
      for (std::byte each : bytes) text_ += static_cast<char>(each);
      changed_.notify_all();
    };
  }

  std::string text() {
    std::lock_guard lock(mutex_);
    return text_;
  }

  bool waits_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return text_ == text; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

bool becomes_readable(int fd) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

std::set<std::string> open_descriptors() {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    names.insert(each.path().filename());
  }
  return names;
}

std::set<std::string> thread_names() {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(each.path() / "comm") >> std::ws, name);
    names.insert(name);
  }
  return names;
}

class MachineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kvm = kvm::Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
  }

  Machine::Options options(std::span<const std::byte> image) {
    return {.ram_size = 4 * kMiB,
            .device_memory_base = GuestAddress(kDeviceMemory),
            .device_memory_size = 64 * kMiB,
            .image = image,
            .serial_output = console_.sink()};
  }

  void create(const Machine::Options& options) {
    auto machine = Machine::create(options);
    ASSERT_TRUE(machine) << machine.error().message();
    machine_ = std::move(*machine);
  }

  // The reason that a machine stopped for by itself.
  ExitReason reason() {
    if (!becomes_readable(machine_->stopped_fd())) {
      ADD_FAILURE() << "the machine does not stop";
      machine_->request_exit();
    }
    return machine_->wait();
  }

  // Backs the start of device memory by memory_.
  void add_memory() {
    GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), memory_.size());
    ASSERT_TRUE(
        machine_->vm().set_memory(machine_->first_device_slot(), range, memory_.data(), {}));
  }

  uint32_t counter() {
    return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(memory_.data())).load();
  }

  bool counts_on() {
    uint32_t before = counter();
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (counter() == before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return counter() != before;
  }

  ExitReason run(const Machine::Options& options) {
    create(options);
    EXPECT_TRUE(machine_->start());
    return reason();
  }

  bool becomes(VmState state) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (machine_->state() != state && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return machine_->state() == state;
  }

  void type(std::string_view text) {
    EXPECT_EQ(machine_->send_to_serial(std::as_bytes(std::span(text))), text.size());
  }

  Console console_;
  MemoryMapping memory_;  // outlives the machine, which it may be added to
  std::unique_ptr<Machine> machine_;
};

// A machine whose guest counts in memory_.
class PauseTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    create(options(count));
    memory_ = *MemoryMapping::anonymous(kPageSize);
    add_memory();
  }
};

// A machine whose guest counts in memory that its owner then shrinks.
class ShrunkMemoryTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    Machine::Options with = options(count);
    with.memory_faults = faults_.get();
    create(with);
    memory_ = *MemoryMapping::shared(file_.get(), 0, kPageSize);
    add_memory();
    ASSERT_TRUE(machine_->start());
    ASSERT_TRUE(counts_on());
    faults_->set_watching(true);
  }

  // Before what its vCPU thread reports to.
  void TearDown() override { machine_.reset(); }

  void shrink() { resize(file_, 0); }

  void replace_memory() {
    void* filler = mmap(memory_.data(), kPageSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    EXPECT_EQ(filler, memory_.data());
  }

  std::unique_ptr<MemoryFaults> faults_ = *MemoryFaults::create();
  UniqueFd file_ = make_unsealable_memory(kPageSize);
};

using Kind = ExitReason::Kind;

TEST_F(MachineTest, PrintsAndResets) {
  ExitReason reason = run(options(print_and_reset));
  EXPECT_EQ(reason.kind, Kind::kReset);
  EXPECT_EQ(describe(reason), "the guest reset the machine");
  EXPECT_EQ(console_.text(), "!");
}

TEST_F(MachineTest, TellsTheGuestHowMuchRamItHas) {
  EXPECT_EQ(run(options(print_ram_size)).kind, Kind::kReset);
  EXPECT_EQ(console_.text(), std::string("\0\0\x40\0", 4));
}

TEST_F(MachineTest, NothingReadsAsAllOnes) {
  EXPECT_EQ(run(options(touch_nothing)).kind, Kind::kReset);
  EXPECT_EQ(console_.text(), "1");
}

TEST_F(MachineTest, EchoesInputThatIsPolledFor) {
  create(options(echo_by_polling));
  ASSERT_TRUE(machine_->start());
  type("abc");
  EXPECT_TRUE(console_.waits_for("abc"));
  type("q");
  EXPECT_EQ(reason().kind, Kind::kReset);
}

TEST_F(MachineTest, EchoesInputByInterrupt) {
  create(options(echo_by_interrupt));
  ASSERT_TRUE(machine_->start());
  ASSERT_TRUE(console_.waits_for(">"));
  type("a");
  EXPECT_TRUE(console_.waits_for(">a"));
  type("bcd");
  EXPECT_TRUE(console_.waits_for(">abcd"));
  type("q");
  ExitReason why = reason();
  EXPECT_EQ(why.kind, Kind::kReset) << describe(why);
}

TEST_F(MachineTest, ATripleFaultIsAShutdown) {
  ExitReason reason = run(options(triple_fault));
  EXPECT_EQ(reason.kind, Kind::kShutdown) << describe(reason);
}

TEST_F(MachineTest, WhatKvmCantRunEndsItWithTheDetails) {
  ExitReason reason = run(options(jump_to_nothing));
  EXPECT_EQ(reason.kind, Kind::kError);
  EXPECT_NE(
      describe(reason).find("vCPU 0 at rip 0x80000000: KVM internal error 1 (emulation failed)"),
      std::string::npos)
      << describe(reason);
}

TEST_F(MachineTest, StopsWhenAskedWhateverItsCpusDo) {
  for (std::span<const std::byte> image : {sleep, spin}) {
    for (uint32_t cpus : {1u, 2u}) {
      for (int round = 0; round < 100; ++round) {
        Machine::Options with = options(image);
        with.cpus = cpus;
        create(with);
        ASSERT_TRUE(machine_->start());
        if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
        machine_->request_exit();
        ASSERT_TRUE(becomes_readable(machine_->stopped_fd())) << cpus << " CPUs, round " << round;
        EXPECT_EQ(machine_->wait().kind, Kind::kRequested);
      }
    }
  }
}

TEST_F(MachineTest, StopsAtOnceWhenItWasAskedBeforeItStarted) {
  create(options(spin));
  machine_->request_exit();
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kRequested);
}

TEST_F(MachineTest, TheFirstReasonCounts) {
  run(options(print_and_reset));
  machine_->request_exit();
  EXPECT_EQ(machine_->wait().kind, Kind::kReset);
}

TEST_F(PauseTest, APausedGuestDoesNothingUntilItIsResumed) {
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(machine_->state(), VmState::kRunning);
  ASSERT_TRUE(counts_on());
  machine_->request_pause();
  ASSERT_TRUE(becomes_readable(machine_->state_changed().fd()));
  EXPECT_EQ(machine_->state(), VmState::kPaused);
  uint32_t before = counter();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(counter(), before);
  machine_->request_resume();
  EXPECT_EQ(machine_->state(), VmState::kRunning);
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, StartsPausedWhenItWasAskedBeforeItStarted) {
  machine_->request_pause();
  ASSERT_TRUE(machine_->start());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(machine_->state(), VmState::kPaused);
  EXPECT_EQ(counter(), 0u);
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, ASecondPauseAndAResumeOfARunningGuestDoNothing) {
  ASSERT_TRUE(machine_->start());
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
  machine_->request_pause();
  machine_->request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  machine_->request_resume();
  EXPECT_TRUE(counts_on());
}

TEST_F(PauseTest, APausedMachineStopsWhenAsked) {
  ASSERT_TRUE(machine_->start());
  machine_->request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  machine_->request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
  EXPECT_EQ(machine_->state(), VmState::kExited);
  machine_->request_pause();
  machine_->request_resume();
  EXPECT_EQ(machine_->state(), VmState::kExited);
}

TEST_F(PauseTest, SurvivesPausesResumesAndExitsAtTheSameTime) {
  for (int round = 0; round < 50; ++round) {
    Machine::Options with = options(spin);
    with.cpus = 2;
    create(with);
    ASSERT_TRUE(machine_->start());
    std::thread pauses([this] {
      for (int i = 0; i < 20; ++i) machine_->request_pause();
    });
    std::thread resumes([this] {
      for (int i = 0; i < 20; ++i) machine_->request_resume();
    });
    if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
    machine_->request_exit();
    EXPECT_EQ(reason().kind, Kind::kRequested);
    pauses.join();
    resumes.join();
  }
}

// The reset may be served before the pause, under it, or wait for its end.
TEST_F(MachineTest, AResetCountsWhereverAPauseMeetsIt) {
  for (int round = 0; round < 100; ++round) {
    create(options(print_and_reset));
    ASSERT_TRUE(machine_->start());
    std::this_thread::sleep_for(std::chrono::microseconds(10 * round));
    machine_->request_pause();
    ASSERT_TRUE(becomes_readable(machine_->state_changed().fd()));
    machine_->request_resume();
    EXPECT_EQ(reason().kind, Kind::kReset);
    EXPECT_EQ(machine_->state(), VmState::kExited);
  }
}

TEST_F(MachineTest, AConsoleThatNobodyReadsDoesNotHoldUpAPause) {
  std::mutex reader;
  std::unique_lock absent(reader);
  Machine::Options with = options(print_and_reset);
  with.serial_output = [&](std::span<const std::byte>) { std::lock_guard wait(reader); };
  create(with);
  ASSERT_TRUE(machine_->start());
  machine_->request_pause();
  EXPECT_TRUE(becomes(VmState::kPaused));
  absent.unlock();
  machine_->request_resume();
  EXPECT_EQ(reason().kind, Kind::kReset);
}

TEST_F(ShrunkMemoryTest, TheGuestGoesOnOnceItsMemoryIsReplaced) {
  shrink();
  ASSERT_TRUE(becomes_readable(faults_->event().fd()));
  int calls = 0;
  auto replace = [&] {
    replace_memory();
    ++calls;
    return true;
  };
  // With hardware paging it is a fault, of which an older KVM does not say where it is; without, an
  // access.
  faults_->serve(
      [&](std::optional<GuestAddress> where) {
        EXPECT_EQ(where.value_or(GuestAddress(kDeviceMemory)), GuestAddress(kDeviceMemory));
        return replace();
      },
      replace);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(counts_on());
  EXPECT_EQ(machine_->state(), VmState::kRunning);
}

TEST_F(ShrunkMemoryTest, AMachineThatWaitsForItsMemoryCanBePausedAndStopped) {
  shrink();
  ASSERT_TRUE(becomes_readable(faults_->event().fd()));
  machine_->request_pause();
  EXPECT_TRUE(becomes(VmState::kPaused));
  machine_->request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
}

TEST_F(MachineTest, ItsDestructorStopsIt) {
  create(options(spin));
  ASSERT_TRUE(machine_->start());
  machine_.reset();
  EXPECT_EQ(thread_names().count("vcpu0"), 0u);
}

TEST_F(MachineTest, AVcpuThatMayNotStartEndsTheMachine) {
  Machine::Options with = options(print_and_reset);
  with.on_vcpu_start = []() -> Result<void> { return fail(EINVAL, "restrict it"); };
  ExitReason reason = run(with);
  EXPECT_EQ(reason.kind, Kind::kError);
  EXPECT_NE(describe(reason).find("vCPU 0: restrict it: EINVAL"), std::string::npos)
      << describe(reason);
  EXPECT_EQ(console_.text(), "");
}

// In a child process, since a sandbox is for ever: in the order that sandbox.h gives.
TEST_F(MachineTest, RunsInTheSandbox) {
  Ending ending = in_child([this] {
    Machine::Options with = options(echo_by_interrupt);
    with.cpus = 2;
    with.on_vcpu_start = [] { return restrict_thread(ThreadRole::kVcpu); };
    auto machine = Machine::create(with);
    IN_CHILD(machine);
    KvmVirtualMachine vm(**machine, [] {});
    IN_CHILD(restrict_process({}));
    IN_CHILD((*machine)->start());
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    IN_CHILD(console_.waits_for(">"));
    vm.request_pause();
    IN_CHILD(becomes_readable((*machine)->state_changed().fd()));
    auto memory = MemoryMapping::anonymous(kPageSize);
    GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), kPageSize);
    IN_CHILD(vm.add_memory((*machine)->first_device_slot(), range, memory->data(), {}));
    vm.request_resume();
    (*machine)->send_to_serial(std::array{std::byte{'q'}});
    IN_CHILD((*machine)->wait().kind == Kind::kReset);
    IN_CHILD(vm.remove_memory((*machine)->first_device_slot()));
    machine->reset();
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST_F(MachineTest, NamesItsThreads) {
  Machine::Options two = options(sleep);
  two.cpus = 2;
  create(two);
  ASSERT_TRUE(machine_->start());
  const std::set<std::string> expected{"vcpu0", "vcpu1"};
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  bool named = false;
  while (!named && std::chrono::steady_clock::now() < deadline) {
    named = std::ranges::includes(thread_names(), expected);
  }
  EXPECT_TRUE(named);
}

TEST_F(MachineTest, DeviceMemoryIsSharedThroughTheAdapter) {
  create(options(read_device_memory));
  KvmVirtualMachine vm(*machine_, [this] { machine_->request_exit(); });
  auto memory = MemoryMapping::anonymous(kPageSize);
  memory->data()[0] = std::byte{'d'};
  GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), kPageSize);
  EXPECT_EQ(machine_->layout().device_memory().start(), range.start());
  ASSERT_GT(machine_->device_slot_count(), 0u);
  ASSERT_TRUE(vm.add_memory(machine_->first_device_slot(), range, memory->data(), {}));
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kReset);
  EXPECT_EQ(console_.text(), "d");
  EXPECT_EQ(memory->data()[1], std::byte{'h'});
  EXPECT_TRUE(vm.remove_memory(machine_->first_device_slot()));
}

TEST_F(MachineTest, TheAdapterRegistersEventsAndStopsTheMachine) {
  create(options(sleep));
  KvmVirtualMachine vm(*machine_, [this] { machine_->request_exit(); });
  auto event = EventFd::create();
  EXPECT_TRUE(vm.register_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}));
  EXPECT_TRUE(vm.register_irqfd(event->fd(), 5));
  EXPECT_TRUE(vm.unregister_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}));
  EXPECT_EQ(
      vm.unregister_ioevent(event->fd(), {.address = kDeviceMemory, .length = 4}).error().code(),
      ENOENT);
  EXPECT_TRUE(vm.unregister_irqfd(event->fd(), 5));
  EXPECT_TRUE(vm.register_irqfd(event->fd(), 6));
  ASSERT_TRUE(machine_->start());
  vm.request_exit();
  EXPECT_EQ(reason().kind, Kind::kRequested);
  EXPECT_EQ(vm.info().state, VmState::kExited);
}

TEST_F(PauseTest, TheAdapterPausesAndDescribesTheMachine) {
  KvmVirtualMachine vm(*machine_, [] {});
  EXPECT_EQ(vm.info().vcpus, 1u);
  EXPECT_EQ(vm.info().ram_bytes, 4 * kMiB);
  ASSERT_TRUE(machine_->start());
  vm.request_pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  EXPECT_EQ(vm.info().state, VmState::kPaused);
  vm.request_resume();
  EXPECT_EQ(vm.info().state, VmState::kRunning);
}

TEST_F(MachineTest, TheAdapterTellsWhatTheGuestWrote) {
  create(options(read_device_memory));
  KvmVirtualMachine vm(*machine_, [] {});
  memory_ = *MemoryMapping::anonymous(2 * kPageSize);
  GuestRange range = *GuestRange::create(GuestAddress(kDeviceMemory), 2 * kPageSize);
  Slot slot = machine_->first_device_slot();
  ASSERT_TRUE(vm.add_memory(slot, range, memory_.data(), {.log_dirty = true}));
  ASSERT_TRUE(machine_->start());
  EXPECT_EQ(reason().kind, Kind::kReset);
  EXPECT_EQ(vm.take_dirty_log(slot).value(), std::vector<uint64_t>{1});
}

TEST_F(MachineTest, RefusesWhatItCantBuild) {
  auto code_of = [](const Machine::Options& options) {
    auto machine = Machine::create(options);
    return machine ? 0 : machine.error().code();
  };
  Machine::Options bad = options(sleep);
  bad.cpus = 0;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad.cpus = 1'000'000;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad = options({});
  EXPECT_EQ(code_of(bad), EINVAL);
  bad = options(sleep);
  bad.ram_size = kPageSize;
  EXPECT_EQ(code_of(bad), EFBIG);
  bad.ram_size = 100;
  EXPECT_EQ(code_of(bad), EINVAL);
  bad = options(sleep);
  bad.device_memory_base = GuestAddress(0);
  EXPECT_EQ(code_of(bad), EEXIST);
}

TEST_F(MachineTest, LeavesNoDescriptorBehind) {
  std::set<std::string> before = open_descriptors();
  for (int round = 0; round < 100; ++round) {
    Machine::Options with = options(sleep);
    with.cpus = 2;
    create(with);
    if (round % 2) {
      ASSERT_TRUE(machine_->start());
    }
    machine_.reset();
    with.ram_size = kPageSize;
    EXPECT_FALSE(Machine::create(with));
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace vm_control::vmm
