// SPDX-License-Identifier: BSD-3-Clause
// vmctl run, and the other subcommands with the VM that it runs.
#include <sys/socket.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {
namespace {

using testing::PrintToString;

// TEXT as a line of its own, with the line ends of the serial line.
std::string line(const std::string& text) {
  return "\r\n" + text + "\r\n";
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

class Run : public VmctlRunTest {
 protected:
  static int stop(const std::string& vm) { return vmctl({"stop", vm}).status; }
};

TEST_F(Run, ServesTheDefaultNameForThisUserOnly) {
  auto vm = run({"--serial", "none"});
  EXPECT_EQ(mode_of(path("vm_control")), mode_t{0700});
  EXPECT_EQ(mode_of(socket_of("vm")), mode_t{0600});
  Process::Result stopped = vmctl({"stop", "vm"});
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "vm: stopped\n");
  EXPECT_FALSE(exists(socket_of("vm")));
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Run, SignalsEndItCleanly) {
  for (int number : {SIGTERM, SIGINT, SIGHUP}) {
    auto vm = run({"--name", "a", "--socket", path("b") + ",type=datagram", "--serial", "none"});
    ASSERT_TRUE(exists(socket_of("a")));
    ASSERT_TRUE(exists(path("b")));
    vm->signal(number);
    Process::Result result = vm->finish();
    EXPECT_EQ(result.status, 0) << number << ": " << result.err;
    EXPECT_FALSE(exists(socket_of("a")));
    EXPECT_FALSE(exists(path("b")));
  }
}

TEST_F(Run, SocketsTakeThePlaceOfTheName) {
  auto vm =
      run({"--socket", path("a"), "--socket", path("b") + ",type=datagram", "--serial", "none"});
  ASSERT_TRUE(vm->writes_error("(datagram)"));
  EXPECT_FALSE(exists(socket_of("vm")));
  for (const std::string& socket : {path("a"), path("b")}) {
    EXPECT_EQ(mode_of(socket), mode_t{0600});
    EXPECT_TRUE(Client::connect(socket)->status());
  }
  EXPECT_EQ(stop(path("b")), 0);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Run, RecoversAStaleSocket) {
  auto killed = run({"--name", "a", "--serial", "none"});
  killed->signal(SIGKILL);
  EXPECT_EQ(killed->finish().status, 128 + SIGKILL);
  ASSERT_TRUE(exists(socket_of("a")));
  EXPECT_EQ(json({"list"})[0]["state"], "gone");
  EXPECT_TRUE(failed_with(vmctl({"stop", "a"}), 3, "the VM is gone"));

  auto vm = run({"--name", "a", "--serial", "none"});
  EXPECT_EQ(stop("a"), 0);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Run, LeavesALiveSocketAlone) {
  auto vm = run({"--name", "a", "--serial", "none"});
  Process::Result second = vmctl({"run", "--name", "a", "--memory", "4M", "--serial", "none"});
  EXPECT_TRUE(failed_with(second, 1, "EADDRINUSE"));
  EXPECT_NE(second.err.find("--name"), std::string::npos) << second.err;
  EXPECT_TRUE(exists(socket_of("a")));
  EXPECT_EQ(stop("a"), 0);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Run, LeavesAFileThatIsNoSocketAlone) {
  write_file(path("precious"), "text");
  EXPECT_TRUE(failed_with(
      vmctl({"run", "--socket", path("precious"), "--memory", "4M", "--serial", "none"}), 2,
      "not a socket"));
  EXPECT_EQ(read_file(path("precious")), "text");
}

TEST_F(Run, TwoVmsAreTwo) {
  auto one = run({"--name", "one", "--serial", "none"});
  auto two = run({"--name", "two", "--serial", "none"});
  auto listed = json({"list"});
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0]["vm"], "one");
  EXPECT_EQ(listed[1]["vm"], "two");

  SharedMemory memory = *SharedMemory::create("test", kPageSize);
  auto first = *Client::connect(socket_of("one"));
  auto second = *Client::connect(socket_of("two"));
  EXPECT_EQ(first.register_memory(memory.fd(), kPageSize)->pfn,
            second.register_memory(memory.fd(), kPageSize)->pfn)
      << "each has addresses of its own";
  EXPECT_EQ(stop("one"), 0);
  EXPECT_EQ(one->finish().status, 0);
  EXPECT_EQ(json({"list"}).size(), 1u);
  EXPECT_EQ(second.regions()->size(), 1u);
  EXPECT_EQ(stop("two"), 0);
  EXPECT_EQ(two->finish().status, 0);
}

TEST_F(Run, StopTakesSeveralAndStopsWhatThereIs) {
  auto one = run({"--name", "one", "--serial", "none"});
  auto two = run({"--name", "two", "--serial", "none"});
  Process::Result stopped = vmctl({"stop", "one", "absent", "two"});
  EXPECT_EQ(stopped.status, 3);
  EXPECT_EQ(stopped.out, "one: stopped\ntwo: stopped\n");
  EXPECT_NE(stopped.err.find("absent"), std::string::npos) << stopped.err;
  EXPECT_EQ(one->finish().status, 0);
  EXPECT_EQ(two->finish().status, 0);
}

// Usage has those that make no sense on any host.
TEST_F(Run, RefusesOptionsThatItCannotServe) {
  for (const auto& [options, message] : std::vector<std::pair<Arguments, std::string>>{
           {{"--memory", "4G"}, "--device-memory-base"},
           {{"--memory", "8388608T", "--device-memory-base", "4G"}, "physical width"},
           {{"--device-memory-base", "2M"}, "device memory over RAM"},
           {{"--device-memory-base", "0xfee00000"}, "32-bit hole"},
           {{"--device-memory-base", "0x8000000000000000"}, "physical width"},
           {{"--cpus", "1000000"}, "1000000 CPUs"},
           {{"--gpu", "voodoo"}, "voodoo"},
           {{"--serial", "carrier-pigeon"}, "carrier-pigeon"}}) {
    Arguments arguments{"run"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_TRUE(failed_with(vmctl(arguments), 2, message)) << PrintToString(arguments);
    EXPECT_FALSE(exists(socket_of("vm"))) << PrintToString(arguments);
  }
}

class FailedStart : public Run {
 protected:
  void expect_failure(const Arguments& options, int status, const std::string& message) {
    Arguments arguments{"run", "--memory", "4M", "--serial", "file:" + path("log")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_TRUE(failed_with(vmctl(arguments), status, message)) << PrintToString(arguments);
  }
};

TEST_F(FailedStart, ChangesNothing) {
  write_file(path("file"), "no kernel\n");
  auto vm = run({"--name", "taken", "--serial", "none"});
  expect_failure({"--name", "taken"}, 1, "EADDRINUSE");
  expect_failure({"--gpu", "voodoo"}, 2, "voodoo");
  expect_failure({"--kernel", path("file")}, 2, "ENOEXEC");
  expect_failure({"--device", "x:/no/such/program"}, 1, "/no/such/program");
  expect_failure({"--socket", path("a"), "--socket", path("absent/b")}, 2, "ENOENT");
  EXPECT_FALSE(exists(path("log")));
  EXPECT_FALSE(exists(path("a")));
  EXPECT_FALSE(exists(socket_of("vm")));
  write_file(path("log"), "precious\n");
  expect_failure({"--name", "taken"}, 1, "EADDRINUSE");
  EXPECT_EQ(read_file(path("log")), "precious\n");
}

TEST_F(FailedStart, WaitsForNoFifo) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(failed_with(vmctl({"run", "--memory", "4M", "--serial", "file:" + path("fifo")}), 1,
                          "which nobody reads"));
  EXPECT_FALSE(exists(socket_of("vm")));
  EXPECT_TRUE(failed_with(vmctl({"run", "--kernel", path("fifo")}), 2, "no regular file"));
}

TEST_F(FailedStart, EndsBySignalWhileNobodyReadsWhyItFailed) {
  UniqueFd pipe = make_full_fifo(path("fifo"));
  auto vm = start_shell("exec $vmctl run --serial file:/no/such/log 2>'" + path("fifo") + "'");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 128 + SIGTERM);
}

TEST_F(Run, IgnoresASignalThatItWasStartedToIgnore) {
  auto vm = start_shell("trap '' HUP; exec $vmctl run --memory 4M --serial none");
  ASSERT_TRUE(vm->writes_error("serving "));
  vm->signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(vmctl({"status", "vm"}).status, 0);
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

class Refused : public Run {};

TEST_F(Refused, RequestsAreStatus1WithTheErrno) {
  auto vm = run({"--serial", "none", "--gpu", "none"});
  for (const auto& [arguments, message] : std::vector<std::pair<Arguments, std::string>>{
           {{"memory", "unregister", "vm", "77"}, "vm: the VM refused: ENOENT (No such file"},
           {{"memory", "register", "vm", "--memfd", "2G"}, "vm: the VM refused: ENOSPC"},
           {{"gpu", "allocate", "vm", "64x64", "NV12"}, "vm: the VM refused: ENODEV"}}) {
    EXPECT_TRUE(failed_with(vmctl(arguments), 1, message)) << PrintToString(arguments);
    Arguments in_json{"--json"};
    in_json.insert(in_json.end(), arguments.begin(), arguments.end());
    EXPECT_TRUE(failed_with(vmctl(in_json), 1, message)) << PrintToString(in_json);
  }
  EXPECT_EQ(stop("vm"), 0);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Refused, AnUnknownGpuFormatIsStatus1) {
  auto vm = run({"--serial", "none"});
  EXPECT_TRUE(failed_with(vmctl({"gpu", "allocate", "vm", "64x64", "ABCD"}), 1, "EINVAL"));
}

TEST_F(Run, ResultsAreForPeople) {
  auto vm = run({"--name", "a", "--serial", "none"});
  EXPECT_EQ(vmctl({"gpu", "allocate", "a", "64x32", "NV12"}).out,
            "pfn 0x80000  guest address 0x80000000  slot 1\n"
            "plane 0  stride 64  offset 0\n"
            "plane 1  stride 64  offset 2048\n");
  std::string listed = vmctl({"list"}).out;
  EXPECT_NE(listed.find("\na  "), std::string::npos) << listed;
  EXPECT_NE(listed.find(" running "), std::string::npos) << listed;
  EXPECT_NE(listed.find(" " + socket_of("a") + "\n"), std::string::npos) << listed;
}

TEST_F(Run, ResultsAreForScripts) {
  using Keys = std::vector<std::string>;
  auto vm = run({"--name", "a", "--serial", "none"});
  auto buffer = json({"gpu", "allocate", "a", "64x32", "NV12"});
  ASSERT_EQ(buffer.size(), 1u);
  EXPECT_EQ(keys(buffer[0]), (Keys{"guest_address", "pfn", "planes", "slot", "vm"}));
  EXPECT_EQ(buffer[0]["planes"],
            PrintedValue::of_text(R"([{"stride":64,"offset":0},{"stride":64,"offset":2048}])"));
  auto listed = json({"list"});
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(keys(listed[0]), (Keys{"pid", "ram_bytes", "socket", "state", "uptime_ns", "vm"}));
  EXPECT_EQ(listed[0]["state"], "running");
  EXPECT_EQ(listed[0]["socket"], socket_of("a"));

  auto stopped = json({"stop", "a"});
  ASSERT_EQ(stopped.size(), 1u);
  EXPECT_EQ(stopped[0], (Json{{"vm", "a"}, {"stopped", true}}));
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Run, AGpuBuffersBytesCanBeSaved) {
  auto vm = run({"--serial", "none"});
  Process::Result saved =
      vmctl({"gpu", "allocate", "vm", "64x64", "R8", "--output", path("bytes")});
  EXPECT_EQ(saved.status, 0) << saved.err;
  EXPECT_EQ(read_file(path("bytes")), std::string(4096, '\0'));
}

class SerialPort : public Run {
 protected:
  static constexpr size_t kCommands = 60;

  // A script of commands that the guest answers, with more bytes than the port holds at once. The
  // guest ignores most of them, and need not echo them.
  static std::string long_script() {
    std::string script;
    for (size_t i = 0; i < kCommands; ++i) script += std::string(80, '\2') + "sum 0 16\n";
    return script;
  }
};

TEST_F(SerialPort, OnPipesIsForScripts) {
  auto vm = run({"--socket", path("vm")});
  ASSERT_TRUE(vm->writes("type help\r\n> "));
  vm->type("peek 0x80000000\n");
  EXPECT_TRUE(vm->writes(line("0x80000000: 0x00000000")));
  vm->type("halt\n");
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find(line("goodbye")), std::string::npos) << result.out;
  EXPECT_NE(result.err.find("the guest powered off"), std::string::npos) << result.err;
  EXPECT_FALSE(exists(path("vm")));
}

TEST_F(SerialPort, ObeysAScriptThatEndsBeforeTheGuestStarts) {
  auto vm = start({"run", "--socket", path("vm"), "--memory", "4M"});
  vm->set_patience(std::chrono::seconds(120));
  vm->type(long_script() + "out 0x80 1\nhalt\n");
  vm->close_input();
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count(result.out, "\r\n0x"), kCommands);
}

TEST_F(SerialPort, RunsOnWithoutInput) {
  auto vm = run({});
  vm->close_input();
  ASSERT_TRUE(vm->writes("> "));
  EXPECT_EQ(stop("vm"), 0);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(SerialPort, InAFileKeepsWhatTheGuestPrints) {
  auto vm = run({"--serial", "file:" + path("log")});
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!read_file(path("log")).ends_with("> ") && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(stop("vm"), 0);
  Process::Result result = vm->finish();
  EXPECT_EQ(read_file(path("log")).find("vm_control monitor\r\n"), 0u);
  EXPECT_EQ(result.out, "");
}

TEST_F(SerialPort, OnAFullDiskIsLostAndToldOnce) {
  auto vm = run({"--serial", "file:/dev/full"});
  EXPECT_TRUE(vm->writes_error("output can't be written, and is lost: ENOSPC"));
  EXPECT_EQ(stop("vm"), 0);
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(count(result.err, "ENOSPC"), 1u) << result.err;
  EXPECT_NE(result.err.find(" bytes of the serial port's output were lost"), std::string::npos)
      << result.err;
}

TEST_F(SerialPort, AtASocketServesWhoConnects) {
  auto vm = run({"--serial", "unix:" + path("serial")});
  EXPECT_EQ(mode_of(path("serial")), mode_t{0600});
  auto line = connect_socket(path("serial"), SocketType::kStream, std::chrono::seconds(30));
  ASSERT_TRUE(line);
  std::string halt = "halt\n";
  ASSERT_EQ(send(line->get(), halt.data(), halt.size(), MSG_NOSIGNAL), 5);
  // Reads all, since the guest waits for a slow reader.
  std::string printed;
  char byte = 0;
  while (recv(line->get(), &byte, 1, 0) == 1) printed += byte;
  EXPECT_NE(printed.find("halt\r\ngoodbye\r\n"), std::string::npos) << printed;
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_FALSE(exists(path("serial")));
}

TEST_F(SerialPort, AtASocketAnswersWhoHasSentAll) {
  auto vm = run({"--serial", "unix:" + path("serial")});
  auto line = connect_socket(path("serial"), SocketType::kStream, std::chrono::seconds(30));
  ASSERT_TRUE(line);
  std::string script = long_script() + "halt\n";
  ASSERT_EQ(send(line->get(), script.data(), script.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(script.size()));
  ASSERT_EQ(shutdown(line->get(), SHUT_WR), 0);
  std::string printed;
  char byte = 0;
  while (recv(line->get(), &byte, 1, 0) == 1) printed += byte;
  EXPECT_EQ(count(printed, "\r\n0x"), kCommands);
  EXPECT_EQ(vm->finish().status, 0);
}

}  // namespace
}  // namespace vm_control
