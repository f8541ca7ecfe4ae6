// SPDX-License-Identifier: BSD-3-Clause
// The memory that 'memory register' and 'memory map' give to a guest: a file or new memory.
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
  std::string offset;      // into the file; 0 if empty
  std::string size;        // the rest of the file if empty
  bool read_only = false;  // the file is opened for reading only

  // Adds FILE and --memfd to the command line.
  void add_to(Command command);
};

struct Source {
  UniqueFd fd;
  uint64_t offset = 0;  // bytes, a multiple of 4096
  uint64_t size = 0;    // the same
};

// Opens the file or creates the memory that `options` name.
// Errors: EINVAL (neither or both are given; a size can't be parsed, or is not a number of whole
// pages), and as open(2) and memfd_create(2) say.
Result<Source> open_source(const SourceOptions& options);

}  // namespace vm_control::vmctl
