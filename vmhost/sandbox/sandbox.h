// SPDX-License-Identifier: BSD-3-Clause
// Takes from the process what it no longer needs, so that an attacker who breaks into it has only
// its open descriptors and the system calls that its threads need for their work.
//
// A guest that breaks out of a device, or a peer that breaks the control plane, finds no files, no
// programs to start, no new connections and no privileges. The process does everything that needs
// those before, in this order:
//
//   open files and devices, bind sockets, build the machine, start the device processes
//   restrict_process(rules)
//   start the threads, each of which first calls restrict_thread(its role)
//   restrict_thread(ThreadRole::kControl)
//
// No thread may start before restrict_process(), even if it ends before: glibc keeps the malloc
// arena of the thread, and opens a file when it first frees memory of an arena.
//
// A restriction can't be undone. A forbidden system call kills the process with SIGSYS, which it
// can't handle. After an error the restrictions made so far stay: the process should end.
#pragma once

#include <string>
#include <vector>

#include "vm_control/base/result.h"

namespace vm_control::vmhost {

struct ProcessRules {
  // The directories of the VM's sockets: the process keeps the right to remove files in them and in
  // the directories below.
  std::vector<std::string> removable_from;
  // Keeps all abstract sockets reachable: the clients of a datagram socket have abstract addresses,
  // to which their responses go.
  bool answers_datagrams = false;
  // Keeps CAP_KILL, if the process has it: device processes of other users have to be ended, and
  // the kernel signals them at the end of this process only if that may. Only ThreadRole::kControl
  // can make use of it, by SIGTERM and SIGKILL.
  bool ends_other_users = false;
};

// The restrictions of restrict_process() that not every kernel offers.
struct ProcessRestrictions {
  int landlock = 0;  // the ABI of Landlock; 0 if the kernel has none, and the files stay reachable
};

// Takes from the calling thread, and from those that it starts later, all capabilities and the way
// to new privileges; where the kernel has Landlock also the file system, TCP, and abstract Unix
// sockets; of all these not what `rules` keep.
//
// Errors  ENOENT, ENOTDIR, EACCES  of a directory in `rules`.
//         others                   the kernel refuses a restriction.
Result<ProcessRestrictions> restrict_process(const ProcessRules& rules);

enum class ThreadRole {
  kControl,  // the main thread: accepts connections, and follows the machine's state
  kVcpu,     // runs guest code and the devices
  kDevice,   // serves the queues of virtio devices
  // Serves the peers of a principal: their messages, their memory, the GPU's driver; or the clients
  // of the serial socket.
  kPrincipal,
};

// Leaves to the calling thread only the system calls of `role`: see system_calls.cc. The thread can
// start no more threads or processes. Errors: ENOMEM; EINVAL (the kernel has no seccomp filters).
Result<void> restrict_thread(ThreadRole role);

}  // namespace vm_control::vmhost
