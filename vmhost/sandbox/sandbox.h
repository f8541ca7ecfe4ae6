// SPDX-License-Identifier: BSD-3-Clause
// What is left to a process that has been broken into: nothing but its open descriptors, and of the
// system calls those that its threads need for their work.
//
// A guest that breaks out of a device, or a peer that breaks the control plane, finds no files, no
// programs to start, no new connections and no privileges. Everything that needs those happens
// before, in this order:
//
//   open files and devices, bind sockets, build the machine, start the device processes
//   restrict_process(rules)
//   start the threads, each of which first calls restrict_thread(its role)
//   restrict_thread(ThreadRole::kControl)
//
// No thread is to be started before, even if it ends before: glibc keeps its malloc arena, and
// opens a file when it first gives memory of one back.
//
// Nothing of it can be undone. A process that exceeds it dies of SIGSYS, and can't handle that.
// Errors leave what was restricted before them restricted: give up then.
#pragma once

#include <string>
#include <vector>

#include "vm_control/base/result.h"

namespace vm_control::vmhost {

struct ProcessRules {
  // The directories of the VM's sockets, which are removed at the end: files in them, and in what
  // is below them, can be removed.
  std::vector<std::string> removable_from;
  // Clients of a datagram socket have abstract addresses, which responses go to: then those of
  // others can be reached, too.
  bool answers_datagrams = false;
};

// What the kernel was able to do of it. The rest of restrict_process() works everywhere.
struct ProcessRestrictions {
  int landlock = 0;  // its ABI; 0 if this kernel has none, so that the file system is not closed
};

// Takes from the calling thread, and from those that it starts later: all capabilities, the way to
// new privileges, and, where the kernel has Landlock, the file system, TCP, and, unless `rules`
// need them, abstract Unix sockets.
//
// Errors  ENOENT, ENOTDIR, EACCES  of a directory in `rules`.
//         others of the kernel, which say that it can't be done.
Result<ProcessRestrictions> restrict_process(const ProcessRules& rules);

enum class ThreadRole {
  kControl,  // serves the sockets, and owns the control state
  kVcpu,     // runs guest code and the devices
  kWorker,   // does what can block: closing descriptors, punching holes, the GPU driver
};

// Leaves to the calling thread the system calls of its role; see system_calls.cc. It can start no
// more threads or processes. Errors: ENOMEM, EINVAL where the kernel has no seccomp filters.
Result<void> restrict_thread(ThreadRole role);

}  // namespace vm_control::vmhost
