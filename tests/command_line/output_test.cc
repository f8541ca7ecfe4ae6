// SPDX-License-Identifier: BSD-3-Clause
// vmctl whose output can't be written: it says so, and nothing that it did goes unheard.
#include <sys/stat.h>

#include <algorithm>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

using Stdio = Process::Stdio;

class LostOutput : public VmctlTest, public testing::WithParamInterface<Stdio> {
 protected:
  // Runs vmctl without output, with and without --json. It has to fail with one message.
  void loses(const Arguments& arguments, const std::string& message = "") {
    for (bool json : {false, true}) {
      Arguments command = arguments;
      if (json) command.insert(command.begin(), "--json");
      Process::Result result = vmctl(command, GetParam());
      EXPECT_TRUE(failed_with(result, 1, "vmctl: cannot write to standard output: "))
          << testing::PrintToString(command);
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
      EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
    }
  }

  static size_t regions() { return json({"memory", "list", "vm"}).size(); }

  // The directory has to be there before the server.
  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm vm_{socket_of("vm")};
};

TEST_P(LostOutput, IsAnErrorOfCommandsThatOnlyShowSomething) {
  ASSERT_EQ(vmctl({"memory", "register", "vm", "--memfd", "4K"}).status, 0);
  for (const Arguments& arguments : {Arguments{"--help"},
                                     {"memory", "map", "--help"},
                                     {"--version"},
                                     {"list"},
                                     {"status", "vm"},
                                     {"memory", "list", "vm"},
                                     {"memory", "list", "vm", "--map"},
                                     {"balloon", "vm"}}) {
    loses(arguments);
  }
}

TEST_P(LostOutput, EndsTheEvents) {
  loses({"events", "vm"});
}

TEST_P(LostOutput, IsToldTogetherWithAllThatWasDone) {
  ServedVm other(socket_of("other"));
  loses({"pause", "vm", "other"}, "; vm: paused; other: paused\n");
  loses({"resume", "vm", "other"}, "; vm: running; other: running\n");
  loses({"powerbutton", "vm"}, "; vm: power button pressed\n");
  loses({"balloon", "vm", "+64K"}, "; balloon target raised by 16 pages\n");
  loses({"balloon", "vm", "=4M", "--force"}, "; balloon target set to 4 MiB\n");
}

TEST_P(LostOutput, TakesMemoryBackThatTheUserWouldNotHearOf) {
  for (const Arguments& arguments : {Arguments{"memory", "register", "vm", "--memfd", "4K"},
                                     {"memory", "map", "vm", "--memfd", "4K", "--detached"},
                                     {"gpu", "allocate", "vm", "64x64", "R8"}}) {
    loses(arguments, "; slot 1 is free again\n");
    EXPECT_EQ(regions(), 0u) << testing::PrintToString(arguments);
  }
}

TEST_P(LostOutput, EndsAMappingWithItsSession) {
  loses({"memory", "map", "vm", "--memfd", "4K"});
  EXPECT_TRUE(comes_true([] { return regions() == 0; }));
}

TEST_P(LostOutput, OfADirtyLogIsToldAsCleared) {
  ASSERT_EQ(vmctl({"memory", "map", "vm", "--memfd", "4K", "--log-dirty", "--detached"}).status, 0);
  auto regions = json({"memory", "list", "vm"});
  ASSERT_EQ(regions.size(), 1u);
  // As printed, with quotes.
  std::string handle = testing::PrintToString(regions[0]["handle"]);
  handle = handle.substr(1, handle.size() - 2);
  loses({"memory", "dirty", "vm", handle}, "; the log of " + handle + " is cleared all the same\n");
}

INSTANTIATE_TEST_SUITE_P(To, LostOutput, testing::Values(Stdio::kFullOutput, Stdio::kUnreadOutput),
                         [](const auto& type) {
                           return type.param == Stdio::kFullOutput ? "AFullDevice"
                                                                   : "APipeThatNobodyReads";
                         });

class OutputFile : public VmctlTest {
 protected:
  static Process::Result allocate(const std::string& output) {
    return vmctl({"gpu", "allocate", "vm", "64x64", "R8", "--output", output});
  }
  static size_t regions() { return json({"memory", "list", "vm"}).size(); }

  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
};

TEST_F(OutputFile, IsOpenedBeforeTheVmIsAsked) {
  EXPECT_TRUE(failed_with(allocate("/no/such/x"), 2, "/no/such/x: ENOENT"));
  EXPECT_TRUE(failed_with(allocate(directory_), 2, "EISDIR"));
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(failed_with(allocate(path("fifo")), 2, "ENXIO"));
}

TEST_F(OutputFile, IsLeftAsItWasIfThereIsNoBuffer) {
  write_file(path("old"), "old");
  EXPECT_TRUE(failed_with(allocate(path("old")), 3, "no such VM"));
  EXPECT_EQ(read_file(path("old")), "old");
  EXPECT_TRUE(failed_with(allocate(path("new")), 3, "no such VM"));
  EXPECT_FALSE(exists(path("new")));
}

TEST_F(OutputFile, GetsTheBufferAndNothingElse) {
  ServedVm vm(socket_of("vm"));
  write_file(path("old"), std::string(100000, 'x'));
  for (const char* name : {"old", "new"}) {
    EXPECT_EQ(allocate(path(name)).status, 0);
    EXPECT_EQ(read_file(path(name)), std::string(4096, '\0'));
  }
  EXPECT_EQ(regions(), 2u);
}

TEST_F(OutputFile, ThatIsFullTakesTheBufferBack) {
  ServedVm vm(socket_of("vm"));
  EXPECT_TRUE(failed_with(allocate("/dev/full"), 2, "/dev/full: ENOSPC"));
  EXPECT_EQ(regions(), 0u);
}

TEST_F(OutputFile, OfErrorsThatIsFullKeepsNoVmFromBeingAsked) {
  ServedVm vm(socket_of("vm"));
  Process::Result result = vmctl({"pause", "absent", "vm"}, Stdio::kFullErrors);
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "vm: paused\n");
}

}  // namespace
}  // namespace vm_control
