// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hostile/test_attacks.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <vector>

#include "tests/hostile/test_raw_client.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_lingering.h"

namespace vm_control {
namespace {

constexpr std::chrono::seconds kAttackDeadline(60);
constexpr uint32_t kR8 = 0x20203852;

CallResult<Client> connect_client(const std::string& path) {
  auto client = Client::connect(path, kAttackDeadline);
  if (!client) return tl::unexpected(CallError{.error = client.error()});
  return std::move(*client);
}

UniqueFd connect_raw(const std::string& path) {
  return connect_socket(path, SocketType::kSeqpacket, kAttackDeadline).value_or(UniqueFd());
}

void punch(int memory, off_t size) {
  fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
}

// The kernel takes pages out of the VM's process while holes are punched into shared memory.
void punch_holes(const std::string& path) {
  auto client = connect_client(path);
  UniqueFd memory = make_unsealed_memory(kHugePageSize);
  if (!client || !client->map_memory(memory.get(), kHugePageSize)) return;
  for (;;) punch(memory.get(), kHugePageSize);
}

// To map a file takes a lock that is held while its other mappings are looked through.
void map_one_page_often(const std::string& path) {
  constexpr int kMappings = 30'000;
  auto client = connect_client(path);
  UniqueFd memory = make_unsealed_memory(kPageSize);
  for (int i = 0; i < kMappings; ++i) {
    if (mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory.get(),
             0) == MAP_FAILED) {
      break;
    }
  }
  while (client) {
    punch(memory.get(), kPageSize);
    auto mapped = client->map_memory(memory.get(), kPageSize);
    if (!mapped || !client->unmap_memory(mapped->handle)) return;
  }
}

// Each response wakes all that watch the socket.
void watch_the_own_end(const std::string& path) {
  constexpr size_t kEpolls = 400;
  constexpr size_t kDuplicates = 400;
  UniqueFd peer = connect_raw(path);
  std::vector<UniqueFd> epolls;
  std::vector<UniqueFd> duplicates;
  while (epolls.size() < kEpolls) epolls.emplace_back(epoll_create1(EPOLL_CLOEXEC));
  while (duplicates.size() < kDuplicates) {
    duplicates.push_back(UniqueFd::duplicate(peer.get()).value_or(UniqueFd()));
  }
  epoll_event any{.events = EPOLLIN, .data = {}};
  for (const UniqueFd& epoll : epolls) {
    for (const UniqueFd& duplicate : duplicates) {
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, duplicate.get(), &any);
    }
  }
  while (send_request(peer.get(), request::Status{})) receive_response(peer.get());
}

// Maps, registers, and ends with all that it has.
void come_and_go(const std::string& path) {
  SharedMemory memory = *SharedMemory::create("attack", kPageSize);
  UniqueFd event(eventfd(0, EFD_CLOEXEC));
  auto client = connect_client(path);
  for (int turn = 0; client && turn < 300; ++turn) {
    static_cast<void>(client->map_memory(memory.fd(), kPageSize));
    auto ioevent = client->register_ioevent_anywhere(event.get(), {.length = 8});
    if (ioevent) static_cast<void>(client->unregister_event(ioevent->handle));
  }
}

// Takes all that it can get, and keeps it.
void take_everything(const std::string& path) {
  SharedMemory page = *SharedMemory::create("attack", kPageSize);
  SharedMemory large = *SharedMemory::create("attack", uint64_t{1} << 28);
  UniqueFd event(eventfd(0, EFD_CLOEXEC));
  auto client = connect_client(path);
  if (!client) return;
  while (client->map_memory(large.fd(), large.size())) {
  }
  while (client->map_memory(page.fd(), kPageSize)) {
  }
  while (client->register_ioevent_anywhere(event.get(), {.length = 8})) {
  }
  std::vector<Client> sessions;
  while (auto session = client->open_session()) sessions.push_back(std::move(*session));
  pause();
}

// Asks for descriptors, and takes none of them.
void leave_descriptors(const std::string& path) {
  UniqueFd peer = connect_raw(path);
  for (;;) {
    for (int i = 0; i < 8; ++i) {
      if (!send_request(peer.get(), request::AllocateAndRegisterGpuMemory{64, 64, kR8})) {
        usleep(1000);
      }
      send_request(peer.get(), request::OpenSession{});
    }
    char byte;
    if (recv(peer.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) return;
  }
}

// Sends descriptors whose close waits, in every kind of message, and leaves.
void send_lingering(const std::string& path) {
  auto connection = make_lingering(1);
  if (!connection) return;
  auto& [sender, receiver] = *connection;
  UniqueFd peer = connect_raw(path);
  auto status = encode(request::Status{}).bytes;
  send_with_fds(peer.get(), status, {sender.get()});
  send_with_fds(peer.get(), status, {sender.get(), sender.get()});
  send_with_fds(peer.get(), std::span(status).first(3), {sender.get()});
  sender.reset();
  usleep(1000);
}

void flood(const std::string& path) {
  UniqueFd peer = connect_raw(path);
  for (;;) {
    while (send_request(peer.get(), request::Status{})) {
    }
    if (!receive_response(peer.get())) return;
  }
}

// Sends bytes that are no requests, with descriptors, and requests that it may not make.
void send_nonsense(const std::string& path) {
  std::mt19937 random(static_cast<uint32_t>(getpid()));
  UniqueFd peer = connect_raw(path);
  for (int i = 0; i < 500; ++i) {
    std::array<std::byte, 40> bytes{};
    for (std::byte& each : bytes) each = static_cast<std::byte>(random());
    bytes[0] = static_cast<std::byte>(random() % 32);
    bytes[1] = static_cast<std::byte>(random() % 2);
    bytes[2] = bytes[3] = std::byte{0};
    // Not the requests that stop or pause the VM: others may do that.
    if (bytes[0] == std::byte{1} || bytes[1] == std::byte{1}) bytes[0] = std::byte{0x10};
    auto message = std::span(bytes).first(random() % 4 ? 32 : random() % 40);
    std::vector<int> fds(random() % 3, STDIN_FILENO);
    if (send_with_fds(peer.get(), message, fds) <= 0) return;
    if (!receive_response(peer.get())) return;
  }
}

// A sender that shrinks memory and grows it again.
void shrink_memory(const std::string& path) {
  UniqueFd memory = make_unsealable_memory(16 * kPageSize);
  auto client = connect_client(path);
  while (client) {
    auto mapped = client->map_memory(memory.get(), kPageSize);
    if (!mapped) return;
    resize(memory, 0);
    resize(memory, 16 * kPageSize);
    if (!client->unmap_memory(mapped->handle)) return;
  }
}

constexpr Attack kAttacks[] = {
    {"punch holes", punch_holes},
    {"map one page often", map_one_page_often},
    {"watch the own end", watch_the_own_end},
    {"come and go", come_and_go},
    {"take everything", take_everything},
    {"leave descriptors", leave_descriptors},
    {"send lingering descriptors", send_lingering},
    {"flood", flood},
    {"send nonsense", send_nonsense},
    {"shrink memory", shrink_memory},
};

}  // namespace

std::span<const Attack> all_attacks() {
  return kAttacks;
}

const Attack& attack(const char* name) {
  return *std::ranges::find(kAttacks, std::string_view(name),
                            [](const Attack& each) { return std::string_view(each.name); });
}

}  // namespace vm_control
