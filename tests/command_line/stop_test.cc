// SPDX-License-Identifier: BSD-3-Clause
// vmctl powerbutton, and vmctl stop --graceful, with a guest that a test plays.
#include <sys/stat.h>

#include "tests/command_line/test_classic_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class PowerButton : public VmctlTest {
 protected:
  bool is_pressed() {
    return vm_.with_machine([](FakeVirtualMachine& vm) { return vm.power_buttons > 0; });
  }
  bool is_asked_to_exit() {
    return vm_.with_machine([](FakeVirtualMachine& vm) { return vm.exits > 0; });
  }
  void remove_button() {
    vm_.with_machine([](FakeVirtualMachine& vm) { vm.has_power_button = false; });
  }

  // The directory has to be there before the server.
  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm vm_{socket_of("vm")};
};

TEST_F(PowerButton, IsPressed) {
  Process::Result pressed = vmctl({"powerbutton", "vm"});
  EXPECT_EQ(pressed.status, 0) << pressed.err;
  EXPECT_EQ(pressed.out, "vm: power button pressed\n");
  EXPECT_TRUE(is_pressed());
  EXPECT_EQ(json({"powerbutton", "vm"})[0], (Json{{"vm", "vm"}, {"pressed", true}}));
}

TEST_F(PowerButton, OfAMachineWithoutOneIsRefused) {
  remove_button();
  EXPECT_TRUE(failed_with(vmctl({"powerbutton", "vm"}), 1, "it has no power button"));
  ClassicServer server(socket_of("old"));
  EXPECT_TRUE(failed_with(vmctl({"powerbutton", "old"}), 1, "needs the extended protocol"));
}

TEST_F(PowerButton, StopsAVmGracefullyIfItsGuestShutsDown) {
  auto stopping = start({"--json", "stop", "--graceful", "vm"});
  ASSERT_TRUE(comes_true([&] { return is_pressed(); }));
  EXPECT_FALSE(is_asked_to_exit());
  vm_.end();
  Process::Result stopped = stopping->finish();
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(stopped.err, "");
  EXPECT_EQ(parse_json_lines(stopped.out)[0],
            (Json{{"vm", "vm"}, {"stopped", true}, {"graceful", true}}));
}

TEST_F(PowerButton, IsFollowedByAStopIfTheGuestDoesNothing) {
  auto stopping = start({"stop", "--graceful=0.2", "vm"});
  ASSERT_TRUE(comes_true([&] { return is_asked_to_exit(); }));
  EXPECT_TRUE(is_pressed());
  vm_.end();
  Process::Result stopped = stopping->finish();
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "vm: stopped\n");
  EXPECT_NE(stopped.err.find("its guest has not shut down within"), std::string::npos)
      << stopped.err;
}

TEST_F(PowerButton, ThatIsNotThereIsNotWaitedFor) {
  remove_button();
  auto stopping = start({"--json", "stop", "--graceful=1000", "vm"});
  ASSERT_TRUE(comes_true([&] { return is_asked_to_exit(); }));
  vm_.end();
  Process::Result stopped = stopping->finish();
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_NE(stopped.err.find("has no power button"), std::string::npos) << stopped.err;
  EXPECT_EQ(parse_json_lines(stopped.out)[0],
            (Json{{"vm", "vm"}, {"stopped", true}, {"graceful", false}}));
}

TEST_F(PowerButton, MayTakeLongerThanTheTimeoutOfAnAnswer) {
  auto stopping = start({"--timeout", "0.3", "stop", "--graceful", "vm"});
  ASSERT_TRUE(comes_true([&] { return is_pressed(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  vm_.end();
  Process::Result stopped = stopping->finish();
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "vm: shut down\n");
}

TEST_F(PowerButton, WithoutTheRightToItStopsNothing) {
  ServedVm vm(path("narrow"), SocketType::kSeqpacket, {.allow = Right::kObserve});
  EXPECT_TRUE(failed_with(vmctl({"stop", "--graceful", path("narrow")}), 1, "EPERM"));
  EXPECT_EQ(vm.with_machine([](FakeVirtualMachine& each) { return each.exits; }), 0);
}

TEST_F(PowerButton, OverDatagramsIsFollowedByAStopThatFindsTheVmGone) {
  ServedVm vm(path("datagrams"), SocketType::kDatagram);
  auto stopping = start({"stop", "--graceful=0.5", path("datagrams")});
  ASSERT_TRUE(comes_true([&] {
    return vm.with_machine([](FakeVirtualMachine& each) { return each.power_buttons > 0; });
  }));
  vm.end();
  Process::Result stopped = stopping->finish();
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(stopped.out, path("datagrams") + ": shut down\n");
}

TEST_F(PowerButton, OfAServerOf2018IsNotWaitedFor) {
  ClassicServer server(socket_of("old"));
  auto stopping = start({"--timeout", "1", "stop", "--graceful", "old"});
  EXPECT_TRUE(stopping->writes_error("old: has no power button, so it is stopped at once\n"));
}

}  // namespace
}  // namespace vm_control
