// SPDX-License-Identifier: BSD-3-Clause
// vmctl tells why a VM refuses something.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

using Refusal = VmctlTest;

TEST_F(Refusal, OfWhatASocketDoesNotAllowNamesTheRight) {
  for (Rights allowed : {Rights(Right::kObserve), Rights()}) {
    ServedVm vm(path("vm"), SocketType::kSeqpacket, {.allow = allowed});
    for (const auto& [arguments, right] : std::vector<std::pair<Arguments, std::string>>{
             {{"stop", path("vm")}, "lifecycle"},
             {{"pause", path("vm")}, "lifecycle"},
             {{"balloon", path("vm"), "+4K"}, "balloon"},
             {{"memory", "register", path("vm"), "--memfd", "4K"}, "memory"},
             {{"memory", "unregister", path("vm"), "1"}, "memory or gpu"},
             {{"gpu", "allocate", path("vm"), "64x64", "R8"}, "gpu"}}) {
      EXPECT_TRUE(failed_with(vmctl(arguments), 1,
                              "EPERM (Operation not permitted): this socket does not allow it: the "
                              "right " +
                                  right + " is missing\n"));
    }
  }
}

TEST_F(Refusal, OfMemoryThatNeedsAnotherRightNamesIt) {
  ServedVm vm(path("vm"), SocketType::kSeqpacket, {.allow = Right::kObserve | Right::kMemory});
  Arguments arguments{"memory", "map", path("vm"), "--memfd", "4K", "--detached", "--read-only"};
  EXPECT_TRUE(failed_with(vmctl(arguments), 1, "need the right memslots"));
}

TEST_F(Refusal, OfAConnectionNamesTheUser) {
  HostileServer server(path("vm"), [](int client, const RequestFrame&) {
    send_response(client, response::Err{EPERM});
    shutdown(client, SHUT_RDWR);
  });
  std::string user = "user " + std::to_string(geteuid()) + " may not connect here\n";
  for (const Arguments& arguments : {Arguments{"stop", path("vm")}, {"status", path("vm")}}) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 1, user));
  }
}

TEST_F(Refusal, OfAPixelFormatListsThoseThatAreKnown) {
  ServedVm vm(path("vm"));
  for (const auto& [format, status] : {std::pair("NOPE", 1), std::pair("TOOLONG", 2)}) {
    EXPECT_TRUE(failed_with(vmctl({"gpu", "allocate", path("vm"), "64x64", format}), status,
                            "known are XR24 AR24 XB24 AB24 RG16 R8 GR88 NV12 NV21 YU12 YV12"));
  }
}

TEST_F(Refusal, OfAnAddressSaysWhy) {
  ServedVm vm(path("vm"));
  for (const auto& [address, status, message] :
       {std::tuple("0xfffffffffffff000", 2, "past the last address"),
        std::tuple("0xffffffffffffe000", 1, "that is outside of the window"),
        std::tuple("0", 1, "that is outside of the window")}) {
    EXPECT_TRUE(failed_with(vmctl({"memory", "map", path("vm"), "--memfd", "4K", "--at", address}),
                            status, message));
  }
}

TEST_F(Refusal, ToAnswerNamesTheProcess) {
  HostileServer server(path("vm"), [](int, const RequestFrame&) {});
  std::string process = "(its process is " + std::to_string(getpid()) + ")\n";
  EXPECT_TRUE(failed_with(vmctl({"--timeout", "0.3", "status", path("vm")}), 4, process));
}

}  // namespace
}  // namespace vm_control
