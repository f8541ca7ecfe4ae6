// SPDX-License-Identifier: BSD-3-Clause
// vmctl without a VM that could answer.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {
namespace {

using Usage = VmctlTest;

TEST_F(Usage, OfNoSubcommandThatThereIsIsStatus2) {
  for (const Arguments& arguments : {Arguments{},
                                     {"nonsense"},
                                     {"--nonsense", "list"},
                                     {"memory"},
                                     {"memory", "nonsense"},
                                     {"gpu"},
                                     {"list", "extra"},
                                     {"--timeout"},
                                     {"--timeout", "soon", "list"},
                                     {"--timeout", "0", "list"},
                                     {"--timeout", "-1", "list"},
                                     {"--timeout", "nan", "list"}}) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 2, "")) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, OfASubcommandWithoutItsArgumentsIsStatus2) {
  for (const Arguments& arguments : {Arguments{"stop"},
                                     {"balloon"},
                                     {"balloon", "vm", "--wait"},
                                     {"balloon", "vm", "--pages"},
                                     {"balloon", "vm", "--force"},
                                     {"powerbutton"},
                                     {"stop", "--graceful"},
                                     {"pause"},
                                     {"resume"},
                                     {"events"},
                                     {"events", "vm", "--count", "few"},
                                     {"memory", "list"},
                                     {"memory", "map"},
                                     {"memory", "map", "vm"},
                                     {"memory", "unmap", "vm"},
                                     {"memory", "dirty", "vm"},
                                     {"memory", "register"},
                                     {"memory", "register", "vm"},
                                     {"memory", "unregister"},
                                     {"memory", "unregister", "vm"},
                                     {"gpu", "allocate"},
                                     {"gpu", "allocate", "vm"},
                                     {"gpu", "allocate", "vm", "64x64"},
                                     {"run", "--name"},
                                     {"run", "extra"},
                                     {"run", "--nonsense"}}) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 2, "")) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, WithArgumentsThatMakeNoSenseSaysWhichAndIsStatus2) {
  write_file(path("odd"), "not a whole page");
  write_file(path("empty"), "");
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  for (const auto& [arguments, message] : std::vector<std::pair<Arguments, std::string>>{
           {{"stop", "a b"}, "'a b'"},
           {{"stop", ""}, "VM needs a value that is not empty"},
           {{"run", "--memory", ""}, "--memory"},
           {{"memory", "map", "vm", "--memfd", "4K", "--at", ""}, "--at"},
           {{"balloon", "vm", "much"}, "much"},
           {{"balloon", "vm", "+1"}, "+1"},
           {{"balloon", "vm", "=1"}, "=1"},
           {{"balloon", "vm", "=much"}, "much"},
           {{"stop", "--graceful=soon", "vm"}, "soon"},
           {{"stop", "--graceful=0", "vm"}, "--graceful"},
           {{"balloon", "vm", "64X"}, "X"},
           {{"balloon", "vm", "100T"}, "8T or more at once: 100T"},
           {{"balloon", "vm", "=99999999999999999999"}, "of less than 16777216T"},
           {{"gpu", "allocate", "vm", "0x64", "R8"}, "a side of 0"},
           {{"balloon", "--pages", "vm", "99999999999"}, "99999999999"},
           {{"memory", "register", "vm", path("absent")}, "ENOENT"},
           {{"memory", "register", "vm", directory_}, "EISDIR"},
           {{"memory", "register", "vm", path("odd")}, "4096"},
           {{"memory", "register", "vm", path("empty")}, "map an empty file"},
           {{"memory", "register", "vm", "/dev/null"}, "no regular file"},
           {{"memory", "map", "vm", path("fifo"), "--read-only"}, "no regular file"},
           {{"memory", "register", "vm", "--memfd", "1"}, "4096"},
           {{"memory", "register", "vm", "--memfd", "0"}, "without a byte"},
           {{"memory", "register", "vm", "--memfd", "16777215T"}, "more than 8388607T"},
           {{"memory", "register", "vm", std::string(5000, 'x')}, "ENAMETOOLONG"},
           {{"stop", std::string(200, 'x')}, "ENAMETOOLONG"},
           {{"stop", path(std::string(200, 'x'))}, "ENAMETOOLONG"},
           {{"memory", "map", "vm", "--memfd", "4K", "--at", "0xfffffffffffff000"}, "last address"},
           {{"memory", "register", "vm", "--memfd", "huge"}, "huge"},
           {{"memory", "register", "vm", path("odd"), "--memfd", "4K"}, ""},
           {{"memory", "map", "vm", path("odd"), "--detached"}, "4096"},
           {{"memory", "map", "vm", "--memfd", "4K", "--at", "here"}, "here"},
           {{"memory", "unmap", "vm", "20001"}, "'20001'"},
           {{"memory", "dirty", "vm", "0xg"}, "'0xg'"},
           {{"memory", "unregister", "vm", "first"}, "first"},
           {{"memory", "unregister", "vm", "-1"}, ""},
           {{"gpu", "allocate", "vm", "64", "NV12"}, "64"},
           {{"gpu", "allocate", "vm", "64x", "NV12"}, "64x"},
           {{"gpu", "allocate", "vm", "x64", "NV12"}, "x64"},
           {{"gpu", "allocate", "vm", "64x64x64", "NV12"}, "64x64x64"},
           {{"gpu", "allocate", "vm", "64x64", "TOOLONG"}, "TOOLONG"},
           {{"run", "--name", "a/b"}, "'a/b'"},
           {{"run", "--name", ".hidden"}, "'.hidden'"},
           {{"run", "--memory", "lots"}, "lots"},
           {{"run", "--cpus", "two"}, "two"},
           {{"run", "--socket", path("vm") + ",type=stream"}, "type=stream"},
           {{"run", "--socket", ",type=datagram"}, "path"},
           {{"run", "--socket", path("a"), "--socket", path("a")}, "serve twice at " + path("a")},
           {{"run", "--socket", path("no/such")}, "ENOENT"},
           {{"run", "--socket", path(std::string(200, 'x'))}, "ENAMETOOLONG"},
           {{"run", "--serial", "file:" + path("no/such")}, "ENOENT"},
           {{"run", "--serial", "file:" + path("")}, "EISDIR"},
           {{"run", "--serial", "file:"}, "without a path"},
           {{"run", "--memory", "1M"}, "less than 2M"},
           {{"run", "--memory", "4095"}, "no multiple of 4K"},
           {{"run", "--cpus", "0"}, "--cpus is 1 or more"},
           {{"run", "--device-memory-base", "1"}, "no multiple of 2M"},
           {{"run", "--device-memory-size", "0"}, "that is 0"},
           {{"run", "--device-memory-base", "here"}, "here"},
           {{"run", "--device-memory-size", "some"}, "some"}}) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 2, message)) << testing::PrintToString(arguments);
  }
}

// Each mistake, and the one line that tells it.
TEST_F(Usage, ThatIsWrongNamesTheCommandTheCulpritAndItsHelp) {
  for (const auto& [arguments, message] : std::vector<std::pair<Arguments, std::string>>{
           {{}, "a command is missing (see 'vmctl --help')"},
           {{"mem", "list", "x"}, "no such command: mem (see 'vmctl --help')"},
           {{"memory"}, "memory: a command is missing (see 'vmctl memory --help')"},
           {{"memory", "lis", "x"}, "memory: no such command: lis (see 'vmctl memory --help')"},
           {{"memory", "x", "list"}, "memory: no such command: x (see 'vmctl memory --help')"},
           {{"help", "memory", "x"}, "memory: no such command: x (see 'vmctl memory --help')"},
           {{"--nonsense", "list"}, "unknown option --nonsense (see 'vmctl --help')"},
           {{"list", "extra"}, "list: unexpected argument extra (see 'vmctl list --help')"},
           {{"stop"}, "stop: VM is missing (see 'vmctl stop --help')"},
           {{"stop", "--all"}, "stop: unknown option --all (see 'vmctl stop --help')"},
           {{"stop", "x", "-a"}, "stop: unknown option -a (see 'vmctl stop --help')"},
           {{"list", "--json=5"}, "list: --json takes no value (see 'vmctl list --help')"},
           {{"list", "--timeout"}, "list: --timeout needs a value (see 'vmctl list --help')"},
           {{"--timeout", "0", "list"},
            "list: --timeout takes 0.001 to 1000000 seconds, not '0' (see 'vmctl list --help')"},
           {{"run", "--name", "a", "--name", "b"},
            "run: --name is given more than once (see 'vmctl run --help')"},
           {{"run", "--name", ""},
            "run: --name needs a value that is not empty (see 'vmctl run --help')"},
           {{"events", "vm", "--count", "-1"},
            "events: --count takes a number from 0 to 18446744073709551615, not '-1' (see 'vmctl "
            "events --help')"},
           {{"memory", "unregister", "vm", "first"},
            "memory unregister: SLOT takes a number from 0 to 4294967295, not 'first' (see 'vmctl "
            "memory unregister --help')"}}) {
    Process::Result result = vmctl(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "vmctl: " + message + "\n");
    EXPECT_EQ(result.out, "");
  }
}

const std::vector<std::vector<std::string>> kCommands = {{},
                                                         {"run"},
                                                         {"list"},
                                                         {"status"},
                                                         {"events"},
                                                         {"memory"},
                                                         {"memory", "list"},
                                                         {"memory", "map"},
                                                         {"memory", "unmap"},
                                                         {"memory", "dirty"},
                                                         {"memory", "register"},
                                                         {"memory", "unregister"},
                                                         {"gpu"},
                                                         {"gpu", "allocate"},
                                                         {"balloon"},
                                                         {"pause"},
                                                         {"resume"},
                                                         {"powerbutton"},
                                                         {"stop"},
                                                         {"help"}};

size_t longest_line(const std::string& text) {
  size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST_F(Usage, IsExplainedWhenAskedFor) {
  for (Arguments command : kCommands) {
    Arguments help = command;
    help.insert(help.begin(), "help");
    command.push_back("--help");
    Process::Result result = vmctl(command);
    EXPECT_EQ(result.status, 0) << testing::PrintToString(command);
    EXPECT_NE(result.out.find("Usage: vmctl"), std::string::npos) << result.out;
    for (const char* option : {"--json ", "--timeout SECONDS", "-h, --help"}) {
      EXPECT_NE(result.out.find(option), std::string::npos) << option << result.out;
    }
    EXPECT_LE(longest_line(result.out), 80u) << result.out;
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(vmctl(help).out, result.out);
  }
}

TEST_F(Usage, IsExplainedInTheWidthOfTheTerminal) {
  setenv("COLUMNS", "40", 1);
  for (Arguments command : kCommands) {
    command.push_back("-h");
    std::string help = vmctl(command).out;
    EXPECT_LE(longest_line(help), 40u) << help;
    EXPECT_GT(longest_line(help), 30u) << help;
  }
  unsetenv("COLUMNS");
}

// One call of each subcommand that talks to a VM.
std::vector<std::vector<std::string>> calls_of(const std::string& vm) {
  return {{"stop", vm},
          {"stop", "--graceful", vm},
          {"powerbutton", vm},
          {"balloon", vm},
          {"balloon", vm, "+4M"},
          {"status", vm},
          {"pause", vm},
          {"resume", vm},
          {"events", vm},
          {"memory", "list", vm},
          {"memory", "map", vm, "--memfd", "4K"},
          {"memory", "unmap", vm, "0x1"},
          {"memory", "dirty", vm, "0x1"},
          {"memory", "register", vm, "--memfd", "4K"},
          {"memory", "unregister", vm, "1"},
          {"gpu", "allocate", vm, "64x64", "NV12"}};
}

using Unreachable = VmctlTest;

TEST_F(Unreachable, AVmThatIsNotThereIsStatus3) {
  for (const Arguments& arguments : calls_of("absent")) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 3, "absent: no such VM: " + socket_of("absent")));
  }
  for (const Arguments& arguments : calls_of(path("absent"))) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 3, "no such VM"));
  }
}

class StaleSocket : public VmctlTest, public testing::WithParamInterface<SocketType> {};

TEST_P(StaleSocket, IsStatus3) {
  {
    auto socket = BoundSocket::bind(path("live"), GetParam());
    ASSERT_TRUE(socket);
    // Moved to where its owner won't remove it.
    ASSERT_EQ(std::rename(path("live").c_str(), path("stale").c_str()), 0);
  }
  struct stat status {};
  ASSERT_EQ(stat(path("stale").c_str(), &status), 0);
  ASSERT_TRUE(S_ISSOCK(status.st_mode));
  for (const Arguments& arguments : calls_of(path("stale"))) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 3, "the VM is gone"));
  }
}

TEST_F(Unreachable, AFileThatIsNoSocketIsStatus3) {
  write_file(path("file"), "text");
  EXPECT_TRUE(failed_with(vmctl({"stop", path("file")}), 3, path("file") + " is no socket"));
}

class SilentVm : public VmctlTest, public testing::WithParamInterface<SocketType> {};

TEST_P(SilentVm, IsStatus4) {
  auto socket = BoundSocket::bind(path("silent"), GetParam());
  ASSERT_TRUE(socket);
  for (Arguments arguments : calls_of(path("silent"))) {
    arguments.insert(arguments.begin(), {"--timeout", "0.2"});
    EXPECT_TRUE(failed_with(vmctl(arguments), 4, "did not answer in time"));
  }
  // The option may also come last.
  EXPECT_EQ(vmctl({"stop", path("silent"), "--timeout", "0.2"}).status, 4);
}

constexpr auto kName = [](const auto& type) { return to_string(type.param); };
INSTANTIATE_TEST_SUITE_P(Of, StaleSocket,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram), kName);
INSTANTIATE_TEST_SUITE_P(Over, SilentVm,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram), kName);

TEST_F(Unreachable, WithNoVmsTheListSaysSo) {
  Process::Result result = vmctl({"list"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out.find("no VMs in " + path("vm_control")), 0u) << result.out;
  EXPECT_EQ(json({"list"}).size(), 0u);
  EXPECT_EQ(vmctl({"status"}).out, result.out);
  EXPECT_EQ(json({"status"}).size(), 0u);
}

}  // namespace
}  // namespace vm_control
