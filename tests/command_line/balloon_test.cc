// SPDX-License-Identifier: BSD-3-Clause
// vmctl balloon, with a guest that a test plays.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/command_line/test_classic_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class BalloonCommand : public VmctlTest {
 protected:
  uint64_t target() const { return vm_.balloon().target_bytes; }
  void set_state(BalloonState state, uint64_t actual_bytes) {
    vm_.with_balloon([&](FakeBalloon& balloon) {
      balloon.now.state = state;
      balloon.now.actual_bytes = actual_bytes;
    });
  }

  // The directory has to be there before the server.
  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm vm_{socket_of("vm")};
};

TEST_F(BalloonCommand, WithoutASizeShowsTheBalloon) {
  vm_.with_balloon([](FakeBalloon& balloon) {
    balloon.now = {BalloonState::kIdle, 16 * kMiB, 16 * kMiB, 1500};
  });
  vm_.tell({.free_bytes = kMiB, .available_bytes = 20 * kMiB, .total_bytes = 100 * kMiB});
  Process::Result shown = vmctl({"balloon", "vm"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.err, "");
  EXPECT_NE(shown.out.find("state              idle\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("guest available    20 MiB\n"), std::string::npos) << shown.out;

  Json balloon = json({"balloon", "vm"})[0];
  EXPECT_EQ(balloon["vm"], "vm");
  EXPECT_EQ(balloon["state"], "idle");
  EXPECT_EQ(balloon["target_bytes"], 16 * kMiB);
  EXPECT_EQ(balloon["age_ms"], 1500);
  EXPECT_EQ(balloon["available_bytes"], 20 * kMiB);
  EXPECT_EQ(balloon["disk_caches_bytes"], PrintedValue());
  EXPECT_EQ(balloon["stats_age_ms"], 50);
  EXPECT_GT(balloon["resident_bytes"].number(), 100 * 1024) << "of this process, which serves it";
}

TEST_F(BalloonCommand, ShowsWhatThereIsOfABalloonThatTellsLittle) {
  vm_.with_balloon([](FakeBalloon& balloon) {
    balloon.connected = false;
    balloon.now = {};
  });
  Json balloon = json({"balloon", "vm"})[0];
  EXPECT_EQ(balloon["state"], "absent");
  EXPECT_EQ(balloon["target_bytes"], 0);
  EXPECT_EQ(balloon["stats_age_ms"], PrintedValue());
}

TEST_F(BalloonCommand, IsMovedByAStepOrToASize) {
  Process::Result raised = vmctl({"balloon", "vm", "+32M"});
  EXPECT_EQ(raised.status, 0) << raised.err;
  EXPECT_EQ(raised.out, "balloon target raised by 8192 pages\n");
  EXPECT_EQ(vmctl({"balloon", "vm", "-16M"}).out, "balloon target lowered by 4096 pages\n");
  EXPECT_EQ(target(), 16 * kMiB);
  EXPECT_EQ(vmctl({"balloon", "vm", "=64M"}).out, "balloon target set to 64 MiB\n");
  EXPECT_EQ(target(), 64 * kMiB);
  EXPECT_EQ(vmctl({"balloon", "vm", "=600M"}).out, "balloon target set to 128 MiB\n")
      << "the target stops at the size of RAM";
  EXPECT_EQ(json({"balloon", "vm", "--pages", "=256"})[0],
            (Json{{"vm", "vm"}, {"target_bytes", kMiB}}));
  EXPECT_EQ(json({"balloon", "vm", "1M"})[0], (Json{{"vm", "vm"}, {"pages", 256}}));
  EXPECT_EQ(target(), 2 * kMiB);
}

TEST_F(BalloonCommand, ThatWouldStarveTheGuestNeedsForce) {
  set_state(BalloonState::kIdle, 0);
  vm_.tell({.available_bytes = 32 * kMiB, .total_bytes = 128 * kMiB});
  EXPECT_TRUE(failed_with(vmctl({"balloon", "vm", "+17M"}), 1,
                          "vmctl: vm: that would starve the guest: it would give 17 MiB more, and "
                          "can spare 16 MiB (--force: all the same)"));
  EXPECT_TRUE(failed_with(vmctl({"balloon", "vm", "=17M"}), 1, "starve"));
  EXPECT_EQ(target(), 0u);
  EXPECT_EQ(vmctl({"balloon", "vm", "+16M"}).status, 0);
  EXPECT_TRUE(failed_with(vmctl({"balloon", "vm", "+4K"}), 1, "16 MiB"))
      << "the guest has yet to give what it was asked for before";
  EXPECT_EQ(vmctl({"balloon", "vm", "-4K"}).status, 0) << "less never starves it";
  EXPECT_EQ(vmctl({"balloon", "vm", "+17M", "--force"}).status, 0);
  EXPECT_EQ(vmctl({"balloon", "vm", "=100M", "--force"}).status, 0);
  EXPECT_EQ(target(), 100 * kMiB);
}

TEST_F(BalloonCommand, OfAGuestThatTellsNoStatisticsNeedsNoForce) {
  vm_.with_balloon([](FakeBalloon& balloon) { balloon.has_stats = false; });
  EXPECT_EQ(vmctl({"balloon", "vm", "+100M"}).status, 0);
  EXPECT_EQ(target(), 100 * kMiB);
}

TEST_F(BalloonCommand, WithoutADriverIsRefused) {
  vm_.with_balloon([](FakeBalloon& balloon) { balloon.connected = false; });
  EXPECT_TRUE(failed_with(vmctl({"balloon", "vm", "+4K"}), 1, "its guest has no balloon driver"));
  EXPECT_TRUE(failed_with(vmctl({"balloon", "vm", "=4K"}), 1, "ENOTCONN"));
}

TEST_F(BalloonCommand, CanWaitUntilTheGuestHasFollowed) {
  set_state(BalloonState::kAdjusting, 0);
  auto waiting = start({"balloon", "vm", "+32M", "--wait"});
  EXPECT_TRUE(waiting->writes("balloon target raised by 8192 pages\n"));
  set_state(BalloonState::kIdle, 32 * kMiB);
  Process::Result result = waiting->finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "balloon target raised by 8192 pages\nballoon is at 32 MiB\n");
  EXPECT_EQ(result.err, "") << "it draws on terminals only";
  EXPECT_EQ(json({"balloon", "vm", "=32M", "--wait"})[0], (Json{{"vm", "vm"},
                                                                {"state", "idle"},
                                                                {"target_bytes", 32 * kMiB},
                                                                {"actual_bytes", 32 * kMiB}}));
}

TEST_F(BalloonCommand, WaitsLongerThanTheTimeoutOfAnAnswer) {
  set_state(BalloonState::kAdjusting, 0);
  auto waiting = start({"--timeout", "0.3", "balloon", "vm", "-4K", "--wait"});
  EXPECT_TRUE(waiting->writes("lowered"));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  set_state(BalloonState::kIdle, 0);
  EXPECT_EQ(waiting->finish().status, 0);
}

TEST_F(BalloonCommand, DrawsABarOnATerminal) {
  set_state(BalloonState::kAdjusting, 0);
  auto waiting = start({"balloon", "vm", "=64M", "--wait"}, Process::Stdio::kTerminal);
  EXPECT_TRUE(waiting->writes("[....................]   0%  0 bytes of 64 MiB"));
  set_state(BalloonState::kAdjusting, 16 * kMiB);
  EXPECT_TRUE(waiting->writes("[#####...............]  25%  16 MiB of 64 MiB"));
  set_state(BalloonState::kIdle, 64 * kMiB);
  Process::Result result = waiting->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("\r\x1b[Kballoon is at 64 MiB"), std::string::npos)
      << "the bar is gone";
}

TEST_F(BalloonCommand, ThatIsStuckSaysHowFarItCame) {
  vm_.with_balloon([](FakeBalloon& balloon) {
    balloon.now = {BalloonState::kStuck, 0, 16 * kMiB, 5300};
  });
  Process::Result stuck = vmctl({"balloon", "vm", "=64M", "--wait"});
  EXPECT_EQ(stuck.status, 1);
  EXPECT_EQ(
      stuck.err,
      "vmctl: vm: the guest is stuck: its balloon is at 16 MiB of 64 MiB, no nearer for 5s\n");
  Process::Result result = vmctl({"--json", "balloon", "vm", "=64M", "--wait"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(parse_json_lines(result.out)[0], (Json{{"vm", "vm"},
                                                   {"state", "stuck"},
                                                   {"target_bytes", 64 * kMiB},
                                                   {"actual_bytes", 16 * kMiB}}));
}

TEST_F(BalloonCommand, ThatWillNotArriveIsNotWaitedFor) {
  set_state(BalloonState::kUnknown, 0);
  Process::Result unknown = vmctl({"balloon", "vm", "=64M", "--wait"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.err.find("does not tell how far"), std::string::npos) << unknown.err;
  set_state(BalloonState::kNotReady, 0);
  Process::Result gone = vmctl({"balloon", "vm", "=64M", "--wait"});
  EXPECT_EQ(gone.status, 1);
  EXPECT_NE(gone.err.find("driver has gone"), std::string::npos) << gone.err;
}

TEST_F(BalloonCommand, AVmThatEndsEndsTheWait) {
  set_state(BalloonState::kAdjusting, 0);
  auto waiting = start({"balloon", "vm", "=64M", "--wait"});
  EXPECT_TRUE(waiting->writes("set to"));
  vm_.end();
  EXPECT_EQ(waiting->finish().status, 3);
}

TEST_F(BalloonCommand, NeedsNoMoreThanTheRightToTheBalloon) {
  ServedVm vm(path("narrow"), SocketType::kSeqpacket, {.allow = Right::kBalloon});
  Process::Result raised = vmctl({"balloon", path("narrow"), "+4K"});
  EXPECT_EQ(raised.status, 0) << raised.err;
  EXPECT_EQ(vmctl({"balloon", path("narrow"), "=8K"}).status, 0);
  EXPECT_EQ(vm.balloon().target_bytes, 8192u);
  EXPECT_TRUE(failed_with(vmctl({"balloon", path("narrow")}), 1, "EPERM"));
}

TEST_F(BalloonCommand, OfAServerOf2018IsMovedBySteps) {
  ClassicServer server(socket_of("old"));
  EXPECT_EQ(vmctl({"balloon", "old", "+64M"}).out, "balloon target raised by 16384 pages\n");
  const char* why = "need the extended protocol";
  EXPECT_TRUE(failed_with(vmctl({"balloon", "old", "=64M"}), 1, why));
  EXPECT_TRUE(failed_with(vmctl({"balloon", "old", "+64M", "--wait"}), 1, why));
  EXPECT_TRUE(failed_with(vmctl({"balloon", "old"}), 1, "needs the extended protocol"));
}

}  // namespace
}  // namespace vm_control
