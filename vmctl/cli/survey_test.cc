// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/survey.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "vm_control/base/test_directory.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control::vmctl {
namespace {

using namespace std::chrono_literals;

class Survey : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return temporary_.path() + "/" + name; }
  BoundSocket bind(const std::string& name, SocketType type) const {
    return *BoundSocket::bind(path(name), type, 0666);
  }
  std::vector<Surveyed> survey_all(std::chrono::milliseconds timeout) const {
    return survey({path("silent"), path("mute"), path("stale"), path("missing"), path("file")},
                  timeout);
  }

  TestDirectory temporary_;
};

TEST_F(Survey, TellsWhatBecameOfEach) {
  auto silent = bind("silent", SocketType::kSeqpacket);
  auto mute = bind("mute", SocketType::kDatagram);
  std::ofstream(path("file")) << "a file";
  auto start = std::chrono::steady_clock::now();
  auto found = survey_all(200ms);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 200ms);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].state, "silent");
  EXPECT_EQ(found[0].pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(found[1].state, "silent");
  EXPECT_EQ(found[2].state, "ENOENT");
  EXPECT_EQ(found[3].state, "ENOENT");
  EXPECT_EQ(found[4].state, "gone");
}

TEST_F(Survey, WaitsForNobodyWhoseQueueIsFull) {
  auto full = bind("silent", SocketType::kSeqpacket);
  std::vector<UniqueFd> queued;
  while (true) {
    auto socket = connect_socket(path("silent"), SocketType::kSeqpacket, 1ms);
    if (!socket) break;
    queued.push_back(std::move(*socket));
  }
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(survey({path("silent")}, 100ms)[0].state, "silent");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(Survey, NeedsNoThread) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto silent = bind("silent", SocketType::kSeqpacket);
  auto mute = bind("mute", SocketType::kDatagram);
  ASSERT_EQ(chmod(temporary_.path().c_str(), 0755), 0);
  pid_t child = fork();
  if (child == 0) {
    struct rlimit one = {1, 1};
    bool is_limited = setrlimit(RLIMIT_NPROC, &one) == 0 && setuid(65534) == 0;
    auto found = survey({path("silent"), path("mute")}, 50ms);
    _exit(is_limited && found[0].state == "silent" && found[1].state == "silent" ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace vm_control::vmctl
