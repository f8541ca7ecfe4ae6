// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/test_faults.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <string_view>

namespace vm_control {

constexpr std::array<Failure, 24> kFailures = {
    {{"accept4", ECONNABORTED}, {"accept4", EMFILE},     {"close", EIO},
     {"epoll_ctl", ENOSPC},     {"epoll_wait", EINTR},   {"fcntl", EMFILE},
     {"fcntl", EBUSY},          {"fstatfs", ENOMEM},     {"ftruncate", ENOSPC},
     {"getpeername", ENOBUFS},  {"getsockopt", ENOBUFS}, {"memfd_create", EMFILE},
     {"mmap", ENOMEM},          {"munmap", ENOMEM},      {"pread", EIO},
     {"pwrite", ENOSPC},        {"recvmsg", EAGAIN},     {"recvmsg", ENOMEM},
     {"sendmsg", EAGAIN},       {"sendmsg", ENOBUFS},    {"sendto", EAGAIN},
     {"sendto", ENOBUFS},       {"setsockopt", ENOMEM},  {"statx", ENOMEM}}};

namespace {

// Of the fault that is armed. Set while no other thread makes calls that matter.
std::atomic<const Failure*> armed = nullptr;
std::atomic<int> calls_left = 0;

// Whether this call of `function` is the one; then errno is set.
bool strikes(std::string_view function) {
  const Failure* failure = armed;
  if (!failure || function != failure->function || --calls_left != 0) return false;
  errno = failure->code;
  return true;
}

}  // namespace

std::string to_string(const Failure& failure) {
  return std::string(failure.function) + "_" + strerrorname_np(failure.code);
}

Fault::Fault(const Failure& failure, int nth) {
  calls_left = nth;
  armed = &failure;
}

Fault::~Fault() {
  armed = nullptr;
}

bool Fault::struck() {
  return calls_left <= 0;
}

}  // namespace vm_control

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
#define WRAP(result, function, parameters, arguments)      \
  extern "C" result __real_##function parameters;          \
  extern "C" result __wrap_##function parameters;          \
  extern "C" result __wrap_##function parameters {         \
    if (vm_control::strikes(#function)) return result(-1); \
    return __real_##function arguments;                    \
  }

WRAP(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags))
WRAP(int, epoll_wait, (int fd, epoll_event* events, int count, int ms), (fd, events, count, ms))
WRAP(int, fstatfs, (int fd, struct statfs* status), (fd, status))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, getpeername, (int fd, sockaddr* name, socklen_t* size), (fd, name, size))
WRAP(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size),
     (fd, level, name, value, size))
WRAP(int, memfd_create, (const char* name, unsigned flags), (name, flags))
WRAP(int, munmap, (void* start, size_t size), (start, size))
WRAP(ssize_t, pread, (int fd, void* to, size_t size, off_t at), (fd, to, size, at))
WRAP(ssize_t, pwrite, (int fd, const void* from, size_t size, off_t at), (fd, from, size, at))
WRAP(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
WRAP(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
WRAP(ssize_t, sendto,
     (int fd, const void* from, size_t size, int flags, const sockaddr* to, socklen_t to_size),
     (fd, from, size, flags, to, to_size))
WRAP(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
     (fd, level, name, value, size))
WRAP(int, statx, (int fd, const char* path, int flags, unsigned mask, struct statx* status),
     (fd, path, flags, mask, status))

extern "C" {

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) {
  int closed = __real_close(fd);
  return vm_control::strikes("close") ? -1 : closed;
}

int __real_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  if (operation == EPOLL_CTL_ADD && vm_control::strikes("epoll_ctl")) return -1;
  return __real_epoll_ctl(epoll, operation, fd, event);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  long argument = va_arg(rest, long);
  va_end(rest);
  return vm_control::strikes("fcntl") ? -1 : __real_fcntl(fd, command, argument);
}

void* __real_mmap(void* start, size_t size, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap(void* start, size_t size, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap(void* start, size_t size, int protection, int flags, int fd, off_t offset) {
  if (vm_control::strikes("mmap")) return MAP_FAILED;
  return __real_mmap(start, size, protection, flags, fd, offset);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
