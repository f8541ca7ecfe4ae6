// SPDX-License-Identifier: BSD-3-Clause
// vmctl with names that a terminal would obey.
#include <sys/stat.h>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class HostileNames : public VmctlTest {
 protected:
  HostileNames() { mkdir(path("vm_control").c_str(), 0700); }
};

// A command for the terminal, another in one character, a line of its own, and no UTF-8.
constexpr const char* kNames[] = {"a\x1b[31m",
                                  "b\xc2\x9b"
                                  "31m",
                                  "c\nd", "e\xff", "f\u00e9"};

TEST_F(HostileNames, AreEscapedInAList) {
  std::vector<BoundSocket> sockets;
  for (std::string name : kNames) {
    sockets.push_back(*BoundSocket::bind(socket_of(name), SocketType::kSeqpacket));
  }
  std::string out = vmctl({"--timeout", "0.2", "list"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 6) << out;
  for (const char* name : {"a\\x1b[31m ", "b\\xc2\\x9b31m ", "c\\x0ad ", "e\\xff ", "f\u00e9 "}) {
    EXPECT_NE(out.find(name), std::string::npos) << name << out;
  }
  for (const char* bad : {"\x1b", "\xc2\x9b", "\xff"}) EXPECT_EQ(out.find(bad), std::string::npos);
}

TEST_F(HostileNames, AreValidJson) {
  std::vector<BoundSocket> sockets;
  for (std::string name : kNames) {
    sockets.push_back(*BoundSocket::bind(socket_of(name), SocketType::kSeqpacket));
  }
  Process::Result result = vmctl({"--json", "--timeout", "0.2", "list"});
  EXPECT_EQ(parse_json_lines(result.out).size(), 5u);
  for (char each : result.out)
    EXPECT_TRUE(each == '\n' || (each >= ' ' && each <= '~')) << result.out;
}

TEST_F(HostileNames, KeepNoVmFromBeingAsked) {
  Arguments names;
  std::vector<std::unique_ptr<ServedVm>> vms;
  for (const char* name : kNames) {
    names.push_back(path(name));
    vms.push_back(std::make_unique<ServedVm>(names.back()));
  }
  for (const char* command : {"pause", "status", "powerbutton", "resume"}) {
    Arguments arguments{command};
    arguments.insert(arguments.end(), names.begin(), names.end());
    EXPECT_EQ(json(arguments).size(), names.size()) << command;
    std::string out = vmctl(arguments).out;
    size_t title = command == std::string("status");
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), names.size() + title) << out;
  }
}

TEST_F(HostileNames, AreEscapedInErrorsAndResults) {
  std::string name = path("\x1b[31m\xff\n.sock");
  Process::Result result = vmctl({"stop", name});
  EXPECT_TRUE(failed_with(result, 3, "\\x1b[31m\\xff\\x0a.sock"));
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  HostileServer server(
      name, [](int client, const RequestFrame&) { send_response(client, response::Ok{}); });
  EXPECT_EQ(vmctl({"balloon", name, "-4K"}).status, 0);
  EXPECT_EQ(json({"balloon", name, "-4K"}).size(), 1u);
  result = vmctl({"--timeout", "1", "stop", name});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace vm_control
