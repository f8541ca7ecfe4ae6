// SPDX-License-Identifier: BSD-3-Clause
// Memory that who shares it can shrink, unlike SharedMemory; and what is mapped. For tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

inline void resize(const UniqueFd& memory, off_t size) {
  EXPECT_EQ(ftruncate(memory.get(), size), 0);
}

// Without a seal; anybody may add one. `size` in bytes.
inline UniqueFd make_unsealed_memory(off_t size) {
  UniqueFd memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  resize(memory, size);
  return memory;
}

// Nobody can seal it: as a file of tmpfs.
inline UniqueFd make_unsealable_memory(off_t size) {
  UniqueFd memory(memfd_create("test", MFD_CLOEXEC));
  resize(memory, size);
  return memory;
}

// How many mappings a process has of files with `text` in their lines of proc(5)'s maps.
inline size_t count_mappings(const std::string& text, const std::string& maps = "/proc/self/maps") {
  std::ifstream lines(maps);
  size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(text) != line.npos;
  return count;
}

}  // namespace vm_control
