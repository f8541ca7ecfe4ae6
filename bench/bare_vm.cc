// SPDX-License-Identifier: BSD-3-Clause
// The floor of a VMM's start: a static program that makes the kernel do what the start of this VM
// takes, and nothing else. It has the same RAM, interrupt controllers, timer and vCPU as the VM of
// `vmctl run`, reads the files of its guest into RAM, and runs a guest that halts.
//
// usage: bare_vm MEBIBYTES [FILE...]
//
// It uses system calls only, and nothing of the library, so that the floor does not change with it.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kMebibyte = 1 << 20;
constexpr size_t kCode = kMebibyte;        // in RAM, as the image of the built-in guest is
constexpr size_t kFiles = 16 * kMebibyte;  // ... and a kernel of Linux
constexpr unsigned char kHalt[] = {0xf4, 0xeb, 0xfd};  // hlt, and back to it

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int call(int fd, unsigned long request, const void* argument, const char* what) {
  int result = ioctl(fd, request, argument);
  if (result < 0) give_up(what);
  return result;
}

int call(int fd, unsigned long request, unsigned long argument, const char* what) {
  return call(fd, request, reinterpret_cast<const void*>(argument), what);
}

// At a boundary of 2 MiB, for huge pages.
unsigned char* map_ram(size_t size) {
  constexpr uintptr_t kHugePage = 2 * kMebibyte;
  void* room = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) give_up("map RAM");
  auto start = (reinterpret_cast<uintptr_t>(room) + kHugePage - 1) / kHugePage * kHugePage;
  madvise(reinterpret_cast<void*>(start), size, MADV_HUGEPAGE);
  return reinterpret_cast<unsigned char*>(start);
}

int create_vm(int kvm, unsigned char* ram, size_t size) {
  int vm = call(kvm, KVM_CREATE_VM, 0UL, "create a VM");
  kvm_userspace_memory_region slot{.slot = 0,
                                   .flags = 0,
                                   .guest_phys_addr = 0,
                                   .memory_size = size,
                                   .userspace_addr = reinterpret_cast<uintptr_t>(ram)};
  call(vm, KVM_SET_USER_MEMORY_REGION, &slot, "add RAM");
  uint64_t identity_map = 0xfffb'c000;
  call(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "place the identity map");
  call(vm, KVM_SET_TSS_ADDR, 0xfffb'd000UL, "place the TSS");
  call(vm, KVM_CREATE_IRQCHIP, 0UL, "create interrupt controllers");
  kvm_pit_config pit{};
  call(vm, KVM_CREATE_PIT2, &pit, "create a timer");
  return vm;
}

// As kvm_cpuid2, which C++ makes 4 bytes longer than C, so that the numbers of ioctls, which
// contain its size, would be wrong.
struct Cpuid {
  uint32_t count;
  uint32_t padding;
};

void set_cpuid(int kvm, int vcpu) {
  constexpr unsigned kEntries = 256;
  static struct {
    Cpuid head;
    kvm_cpuid_entry2 entries[kEntries];
  } cpuid;
  cpuid.head.count = kEntries;
  call(kvm, _IOWR(KVMIO, 0x05, Cpuid), &cpuid, "read the CPU's features");
  call(vcpu, _IOW(KVMIO, 0x90, Cpuid), &cpuid, "set a vCPU's features");
}

// Lets `vcpu` begin at the code, in flat 32-bit mode.
void enter_code(int vcpu) {
  kvm_sregs sregs{};
  call(vcpu, KVM_GET_SREGS, &sregs, "read registers");
  sregs.cs.base = 0;
  sregs.cs.limit = UINT32_MAX;
  sregs.cs.g = sregs.cs.db = 1;
  sregs.cs.selector = 8;
  sregs.cr0 |= 1;
  call(vcpu, KVM_SET_SREGS, &sregs, "set registers");
  kvm_regs regs{};
  regs.rip = kCode;
  regs.rflags = 2;
  call(vcpu, KVM_SET_REGS, &regs, "set registers");
}

// Reads the file to `place`, and returns where it ends.
unsigned char* read_file(const char* path, unsigned char* place, const unsigned char* end) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) give_up(path);
  for (;;) {
    ssize_t count = read(file, place, static_cast<size_t>(end - place));
    if (count < 0) give_up(path);
    if (count == 0) break;
    place += count;
  }
  close(file);
  return place;
}

}  // namespace

int main(int argc, char** argv) {
  size_t mebibytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  if (mebibytes < 32 || mebibytes > 2048) {
    std::fprintf(stderr, "usage: bare_vm MEBIBYTES [FILE...] (32 to 2048)\n");
    return 2;
  }
  size_t size = mebibytes * kMebibyte;
  int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) give_up("open /dev/kvm");
  unsigned char* ram = map_ram(size);
  int vm = create_vm(kvm, ram, size);
  int vcpu = call(vm, KVM_CREATE_VCPU, 0UL, "create a vCPU");
  auto shared = static_cast<size_t>(call(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL, "ask for a size"));
  void* run = mmap(nullptr, shared, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED) give_up("map a vCPU");
  set_cpuid(kvm, vcpu);
  std::memcpy(ram + kCode, kHalt, sizeof(kHalt));
  unsigned char* place = ram + kFiles;
  for (int i = 2; i < argc; ++i) place = read_file(argv[i], place, ram + size);
  enter_code(vcpu);
  for (;;) call(vcpu, KVM_RUN, 0UL, "run the guest");
}
