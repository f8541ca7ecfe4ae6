// SPDX-License-Identifier: BSD-3-Clause
// A device process that shares a page with the guest, and squares numbers.
//
//   vmctl run --device squares:shared_memory_device
//
// The page, in 32-bit words:
//
//   0      asked     how many numbers the guest has asked about; the guest writes it
//   1      answered  how many of them are squared; the device writes it
//   2, 3   unused
//   4-67   numbers   number i stands in word 4 + i % 64, and its square replaces it
//
// The guest writes numbers, at most 64 ahead of the answers, adds them to `asked`, and rings: any
// byte to port 0x2000. The device answers and raises GSI 16. From the monitor of `vmctl run`:
//
//   > poke 0x80000010 12      the number 12
//   > poke 0x80000000 1       that is one
//   > out 0x2000 0            ring
//   > peek 0x80000010
//   0x80000010: 0x00000090
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/client/client.h"

namespace {

using namespace vm_control;

constexpr int kConnection = 3;  // the descriptor that the VM passes
constexpr uint64_t kSize = 4096;
constexpr Ioevent kDoorbell{.space = Ioevent::Space::kPort, .address = 0x2000, .length = 1};
constexpr uint32_t kInterrupt = 16;

struct Page {
  static constexpr uint32_t kNumbers = 64;

  uint32_t asked;
  uint32_t answered;
  uint32_t unused[2];
  uint32_t numbers[kNumbers];
};

// Returns the value of `result`, or ends the process: the device needs all that it asks for.
template <class Result>
auto need(Result result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "shared_memory_device: %s\n", result.error().message().c_str());
  std::exit(1);
}

// Answers the guest's questions. Returns whether there were any.
bool answer(Page& page) {
  uint32_t asked = std::atomic_ref(page.asked).load(std::memory_order_acquire);
  uint32_t first = page.answered;
  // The guest may claim to have asked for more than there is room for.
  uint32_t count = std::min(asked - first, Page::kNumbers);
  for (uint32_t i = first; i != first + count; ++i) {
    uint32_t& number = page.numbers[i % Page::kNumbers];
    number *= number;
  }
  std::atomic_ref(page.answered).store(first + count, std::memory_order_release);
  return count > 0;
}

// Serves the guest until the VM is gone.
void serve(Page& page, int connection, EventFd& doorbell, EventFd& interrupt) {
  pollfd sources[] = {{.fd = doorbell.fd(), .events = POLLIN, .revents = 0},
                      {.fd = connection, .events = POLLRDHUP, .revents = 0}};
  while (poll(sources, 2, -1) > 0 && sources[1].revents == 0) {
    doorbell.take();
    if (answer(page)) interrupt.signal();
  }
}

}  // namespace

int main() {
  UniqueFd connection(kConnection);
  auto vm = need(Client::adopt(need(UniqueFd::duplicate(kConnection))));
  auto memory = need(SharedMemory::create("squares", kSize));
  auto mapping = need(MemoryMapping::shared(memory.fd(), 0, kSize));
  auto doorbell = need(EventFd::create());
  auto interrupt = need(EventFd::create());

  // The VM releases all three when this process ends.
  auto region = need(vm.map_memory(memory.fd(), kSize));
  need(vm.register_ioevent(doorbell.fd(), kDoorbell));
  need(vm.register_irqfd(interrupt.fd(), kInterrupt));
  std::fprintf(stderr, "shared_memory_device: the page is at 0x%llx\n",
               static_cast<unsigned long long>(region.address.value()));
  serve(*reinterpret_cast<Page*>(mapping.data()), connection.get(), doorbell, interrupt);
}
