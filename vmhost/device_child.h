// SPDX-License-Identifier: BSD-3-Clause
// How a device process comes to be: a child that gives up what it shares with the VM's process, and
// becomes the device's program.
#pragma once

#include <sys/types.h>

#include "vm_control/base/result.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

// The descriptors that the child gets copies of.
struct DeviceDescriptors {
  int connection;  // its descriptor 3
  int output;      // its standard output and error
};

// Starts the command of `spec` in a child, as device_process.h describes it. Returns once the
// program runs. Errors: as DeviceProcess::start() says.
Result<pid_t> start_device_child(const DeviceSpec& spec, const DeviceDescriptors& descriptors);

}  // namespace vm_control::vmhost
