// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/thread_stacks.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <thread>

namespace vm_control::vmctl {
namespace {

size_t stack_size_of_this_thread() {
  pthread_attr_t attributes;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

TEST(ThreadStacks, HaveNoRoomForAHugePage) {
  use_small_stacks();
  size_t size = 0;
  std::thread([&size] { size = stack_size_of_this_thread(); }).join();
  EXPECT_EQ(size, size_t{1} << 20);
}

}  // namespace
}  // namespace vm_control::vmctl
