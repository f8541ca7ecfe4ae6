// SPDX-License-Identifier: BSD-3-Clause
// Stands in for crosvm's 2018 server: answers the five classic requests, and silently drops others.
#pragma once

#include <string>

#include "tests/command_line/test_hostile_server.h"

namespace vm_control {

// Memory that is registered gets slot 1 at page 0x80000.
class ClassicServer {
 public:
  explicit ClassicServer(const std::string& path);

 private:
  HostileServer server_;
};

}  // namespace vm_control
