// SPDX-License-Identifier: BSD-3-Clause
// What memory to give a guest, as 'memory register' and 'memory map' are told: a file, or new
// memory.
#pragma once

#include <cstdint>
#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vmctl/cli/command_line.h"

namespace vm_control::vmctl {

struct SourceOptions {
  std::string file;
  std::string memfd_size;
  std::string offset;  // into the file; of all of it, if not given
  std::string size;
  bool read_only = false;  // then it is enough that the file can be read

  // Adds FILE and --memfd to the command line.
  void add_to(Command command);
};

struct Source {
  UniqueFd fd;
  uint64_t offset = 0;  // bytes, a multiple of 4096
  uint64_t size = 0;    // the same
};

// Opens or makes what `options` say.
// Errors: EINVAL (neither or both are given; what is given is no size, or no whole pages), and as
// open(2) and memfd_create(2) say.
Result<Source> open_source(const SourceOptions& options);

}  // namespace vm_control::vmctl
