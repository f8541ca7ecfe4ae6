// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/test_fuse.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

constexpr uint64_t kFile = 2;  // its node; FUSE_ROOT_ID is 1
constexpr std::chrono::milliseconds kDeadline(5000);
constexpr unsigned kLifetimeSeconds = 60;

class Server {
 public:
  explicit Server(int device) : device_(device) {}

  // Answers until the file is open. Returns whether it is.
  bool serve() {
    while (!opened_) {
      alignas(fuse_in_header) std::array<std::byte, size_t{128} << 10> buffer;
      ssize_t size = read(device_, buffer.data(), buffer.size());
      if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return false;
      fuse_in_header request;
      std::memcpy(&request, buffer.data(), sizeof(request));
      answer(request);
    }
    return true;
  }

 private:
  void answer(const fuse_in_header& request) {
    switch (request.opcode) {
      case FUSE_INIT:
        return reply(request,
                     fuse_init_out{.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096});
      case FUSE_LOOKUP:
        return reply(request, fuse_entry_out{.nodeid = kFile, .attr = attributes(kFile)});
      case FUSE_GETATTR:
        return reply(request, fuse_attr_out{.attr = attributes(request.nodeid)});
      case FUSE_OPEN:
        reply(request, fuse_open_out{});
        opened_ = true;
        return;
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
      case FUSE_INTERRUPT:
        return;
      default:
        return send({.len = sizeof(fuse_out_header), .error = -ENOSYS, .unique = request.unique},
                    nullptr, 0);
    }
  }

  static fuse_attr attributes(uint64_t node) {
    if (node != kFile) return {.ino = node, .mode = S_IFDIR | 0755, .nlink = 2};
    return {.ino = node, .size = TestFuse::kFileSize, .mode = S_IFREG | 0600, .nlink = 1};
  }

  template <class Body>
  void reply(const fuse_in_header& request, Body body) {
    send({.len = sizeof(fuse_out_header) + sizeof(body), .error = 0, .unique = request.unique},
         &body, sizeof(body));
  }

  void send(fuse_out_header header, void* body, size_t size) {
    std::array<iovec, 2> parts{iovec{.iov_base = &header, .iov_len = sizeof(header)},
                               iovec{.iov_base = body, .iov_len = size}};
    static_cast<void>(writev(device_, parts.data(), size ? 2 : 1));
  }

  int device_;
  bool opened_ = false;
};

// In a namespace of its own, so that nothing is left mounted. -1 if that is not allowed.
int mount_fuse(const std::string& directory) {
  if (unshare(CLONE_NEWNS) < 0) return -1;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) return -1;
  int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) return -1;
  auto options = "fd=" + std::to_string(device) +
                 ",rootmode=40000,user_id=" + std::to_string(getuid()) +
                 ",group_id=" + std::to_string(getgid());
  unsigned long flags = MS_NOSUID | MS_NODEV;
  return mount("test", directory.c_str(), "fuse", flags, options.c_str()) < 0 ? -1 : device;
}

// Has a process of its own, for it waits for the server. Then it keeps the file: its end would wait
// for the server as well.
[[noreturn]] void open_and_send(const std::string& path, int socket, pid_t server) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may be dead already: then nothing would end this.
  if (getppid() != server) _exit(1);
  int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  std::array<std::byte, 1> byte{};
  ignore(send_message(socket, byte, file, 0), "the parent may be gone");
  for (;;) pause();
}

[[noreturn]] void run_server(const std::string& directory, int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(kLifetimeSeconds);
  int device = mount_fuse(directory);
  if (device < 0) _exit(1);
  pid_t server = getpid();
  pid_t opener = fork();
  if (opener == 0) {
    // Only the server has the device: its end has to end the connection.
    UniqueFd unwanted(device);
    unwanted.reset();
    open_and_send(directory + "/file", socket, server);
  }
  if (opener < 0 || !Server(device).serve()) _exit(1);
  std::byte byte;
  static_cast<void>(read(socket, &byte, 1));
  _exit(0);
}

}  // namespace

Result<std::unique_ptr<TestFuse>> TestFuse::create() {
  std::unique_ptr<TestFuse> fuse(new TestFuse);
  auto pair = make_socket_pair(SocketType::kSeqpacket);
  if (!pair) return tl::unexpected(pair.error());
  fuse->life_ = std::move(pair->first);
  fuse->server_ = fork();
  if (fuse->server_ == 0) {
    fuse->life_.reset();
    run_server(fuse->directory_.path(), pair->second.get());
  }
  pair->second.reset();
  std::array<std::byte, 1> byte;
  ignore(set_socket_deadline(fuse->life_.get(), kDeadline), "without it a broken test hangs");
  auto message = receive_message(fuse->life_.get(), byte, 0);
  if (!message || !message->fd) return fail(ENOTSUP, "serve a file by FUSE");
  fuse->file_ = std::move(message->fd);
  return fuse;
}

void TestFuse::stop() {
  if (server_ < 0) return;
  kill(server_, SIGKILL);
  waitpid(std::exchange(server_, -1), nullptr, 0);
}

}  // namespace vm_control
