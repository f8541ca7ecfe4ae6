// SPDX-License-Identifier: BSD-3-Clause
// vmctl list: of many sockets, and where they can't be listed.
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {
namespace {

class List : public VmctlTest {
 protected:
  std::string place() const { return path("vm_control"); }
};

TEST_F(List, IsEmptyBeforeTheFirstVm) {
  Process::Result listed = vmctl({"list"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_EQ(listed.out, "no VMs in " + place() + " ('vmctl run' starts one)\n");
  EXPECT_EQ(json({"list"}).size(), 0u);
}

TEST_F(List, SaysWhyThereIsNone) {
  setenv("XDG_RUNTIME_DIR", path("missing").c_str(), 1);
  EXPECT_TRUE(failed_with(vmctl({"list"}), 2, "look at XDG_RUNTIME_DIR, " + path("missing")));
  write_file(path("file"), "");
  setenv("XDG_RUNTIME_DIR", path("file").c_str(), 1);
  EXPECT_TRUE(failed_with(vmctl({"list"}), 2, "use as a directory " + path("file")));
  setenv("XDG_RUNTIME_DIR", directory_.c_str(), 1);

  write_file(place(), "");
  EXPECT_TRUE(failed_with(vmctl({"list"}), 2, "use as a directory " + place()));
  unlink(place().c_str());
  ASSERT_EQ(mkdir(place().c_str(), 0700), 0);
  ASSERT_EQ(chmod(place().c_str(), 0777), 0);
  EXPECT_TRUE(failed_with(vmctl({"list"}), 2, "trust a directory that other users may enter"));
  EXPECT_TRUE(failed_with(vmctl({"stop", "vm"}), 2, "trust a directory"));
  EXPECT_TRUE(failed_with(vmctl({"run"}), 2, "trust a directory"));
}

TEST_F(List, AsksHundredsOfVmsAtOnce) {
  constexpr size_t kVms = 600;  // in two rounds
  ASSERT_EQ(mkdir(place().c_str(), 0700), 0);
  struct rlimit files {};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < 2 * kVms) GTEST_SKIP() << "this test may not have so many sockets";
  struct rlimit enough = files;
  enough.rlim_cur = 2 * kVms;
  setrlimit(RLIMIT_NOFILE, &enough);
  std::vector<BoundSocket> silent;
  for (size_t i = 0; i < kVms; ++i) {
    silent.push_back(
        *BoundSocket::bind(socket_of(fmt::format("{:03}", i)), SocketType::kSeqpacket));
  }
  setrlimit(RLIMIT_NOFILE, &files);

  auto start = std::chrono::steady_clock::now();
  auto listed = json({"list", "--timeout", "0.5"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  ASSERT_EQ(listed.size(), kVms);
  auto is_silent = [](Json& vm) { return vm["state"] == "silent"; };
  EXPECT_TRUE(std::ranges::all_of(listed, is_silent));
  EXPECT_EQ(listed[599]["vm"], "599");
}

}  // namespace
}  // namespace vm_control
