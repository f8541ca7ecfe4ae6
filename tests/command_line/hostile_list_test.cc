// SPDX-License-Identifier: BSD-3-Clause
// vmctl with a server that answers too much, too little, or nothing.
#include <sys/stat.h>

#include <chrono>
#include <csignal>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_vmctl.h"
#include "vm_control/protocol/event.h"
#include "vm_control/protocol/requests.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

class HostileServerTest : public VmctlTest {
 protected:
  HostileServerTest() { mkdir(path("vm_control").c_str(), 0700); }

  // Runs vmctl to its end. It must take no longer than its timeout of half a second, with room for
  // the process itself, and little memory. On a busy machine it may need another try.
  Process::Result hasty(Arguments arguments) {
    constexpr int kTries = 4;
    arguments.insert(arguments.begin(), {"--timeout", "0.5"});
    for (int i = 1;; ++i) {
      auto start = std::chrono::steady_clock::now();
      Process::Result result = vmctl(arguments);
      bool in_time = std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2500);
      if (!in_time && i < kTries) continue;
      EXPECT_TRUE(in_time) << "it took too long " << kTries << " times";
      EXPECT_LT(result.peak_bytes, kMaxMemory);
      return result;
    }
  }
};

using HostileList = HostileServerTest;

// Answers NextRegion with the addresses that `address_after` makes of those that it is asked for.
HostileServer::Answer list_of(std::function<uint64_t(uint64_t)> address_after) {
  return HostileServer::after_hello([=](int client, const RequestFrame& request) {
    GuestAddress address(address_after(load<uint64_t>(request, 8)));
    send_response(client, response::Region{{.address = address, .size = 4096}});
  });
}

TEST_F(HostileList, ThatGoesUpForEverEnds) {
  HostileServer server(socket_of("vm"), list_of([](uint64_t after) { return after + 4096; }));
  EXPECT_NE(hasty({"memory", "list", "vm"}).status, 0);
  EXPECT_EQ(hasty({"--json", "memory", "list", "vm", "--map"}).out, "");
  EXPECT_NE(hasty({"memory", "dirty", "vm", "0x1"}).status, 0);
}

TEST_F(HostileList, ThatIsSlowEndsWithTheTimeout) {
  auto slow = [](uint64_t after) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return after + 4096;
  };
  HostileServer server(socket_of("vm"), list_of(slow));
  EXPECT_TRUE(failed_with(hasty({"memory", "list", "vm"}), 4, "did not answer in time"));
}

TEST_F(HostileList, ThatDoesNotGoUpIsAProtocolError) {
  for (uint64_t step : {uint64_t{0}, ~uint64_t{0}}) {
    HostileServer server(socket_of("vm"), list_of([=](uint64_t after) { return after + step; }));
    EXPECT_TRUE(failed_with(hasty({"--json", "memory", "list", "vm"}), 3, "EPROTO"));
  }
}

TEST_F(HostileList, OfARegionPastTheAddressSpaceIsAProtocolError) {
  auto answer = HostileServer::after_hello([](int client, const RequestFrame& request) {
    bool is_first = load<uint32_t>(request, 4) & 1;
    RegionInfo info{.address = GuestAddress(4096), .size = UINT64_MAX};
    send_response(client, is_first ? Response(response::Region{info}) : response::Err{ENOENT});
  });
  HostileServer server(socket_of("vm"), answer);
  EXPECT_TRUE(failed_with(hasty({"memory", "list", "vm", "--map"}), 3, "EPROTO"));
}

// Every subcommand that asks a VM for something.
const std::vector<std::vector<std::string>> kSubcommands = {
    {"status", "vm"},
    {"pause", "vm"},
    {"resume", "vm"},
    {"stop", "vm"},
    {"events", "vm"},
    {"stop", "--graceful", "vm"},
    {"powerbutton", "vm"},
    {"balloon", "vm"},
    {"balloon", "vm", "+4K"},
    {"balloon", "vm", "=4K", "--wait"},
    {"memory", "list", "vm"},
    {"memory", "map", "vm", "--memfd", "4K"},
    {"memory", "unmap", "vm", "0x1"},
    {"memory", "dirty", "vm", "0x1"},
    {"memory", "register", "vm", "--memfd", "4K"},
    {"memory", "unregister", "vm", "1"},
    {"gpu", "allocate", "vm", "64x64", "R8"}};

using HostileAnswers = HostileServerTest;

TEST_F(HostileAnswers, ThatNeverComeEndWithTheTimeout) {
  HostileServer server(socket_of("vm"), [](int, const RequestFrame&) {});
  for (const Arguments& subcommand : kSubcommands) {
    EXPECT_TRUE(failed_with(hasty(subcommand), 4, "did not answer in time"));
  }
}

TEST_F(HostileAnswers, OfAnotherTypeOrSizeAreProtocolErrors) {
  auto other = [](int client, const RequestFrame&) {
    send_response(client, response::IrqfdRegistered{Handle(1)});
  };
  auto longer = [](int client, const RequestFrame&) {
    send_with_fds(client, std::array<std::byte, kResponseSize + 1>{std::byte{1}}, {});
  };
  for (const auto& answer : {HostileServer::Answer(other), HostileServer::Answer(longer)}) {
    HostileServer server(socket_of("vm"), HostileServer::after_hello(answer));
    for (const Arguments& subcommand : kSubcommands) {
      EXPECT_TRUE(failed_with(hasty(subcommand), 3, "EPROTO"));
    }
  }
}

TEST_F(HostileAnswers, WithADescriptorThatTheyDontBringAreProtocolErrors) {
  auto answer = HostileServer::after_hello([](int client, const RequestFrame&) {
    send_with_fds(client, encode(response::Err{EPERM}).bytes, {client});
  });
  HostileServer server(socket_of("vm"), answer);
  for (const Arguments& subcommand : kSubcommands) {
    EXPECT_TRUE(failed_with(hasty(subcommand), 3, "EPROTO"));
  }
}

TEST_F(HostileAnswers, ThatFloodADatagramSocketDelayNothing) {
  auto flood = [](int client, const RequestFrame&) {
    while (send_response(client, response::Ok{})) {
    }
  };
  HostileServer server(socket_of("vm"), flood, SocketType::kDatagram);
  for (const Arguments& subcommand : kSubcommands) hasty(subcommand);
  EXPECT_EQ(parse_json_lines(hasty({"--json", "list"}).out).size(), 1u);
}

using HostileEvents = HostileServerTest;

// Sends events without end.
HostileServer::Answer flood_of(ResponseFrame event) {
  return HostileServer::after_hello([event](int client, const RequestFrame&) {
    auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
    send_response(client, response::Subscribed{VmState::kRunning, std::move(theirs)});
    while (send_message(ours.get(), event, -1, 0)) {
    }
  });
}

TEST_F(HostileEvents, WithoutEndEndWithTheirCount) {
  HostileServer server(socket_of("vm"), flood_of(encode(Event{EventType::kPaused, 1, VmStatus()})));
  Process::Result result = vmctl({"--json", "events", "vm", "--count", "5000"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(parse_json_lines(result.out).size(), 5001u);
  EXPECT_LT(result.peak_bytes, kMaxMemory);
}

TEST_F(HostileEvents, WithoutEndEndWithASignal) {
  for (const Event& event : {Event{EventType::kPaused, 1, VmStatus()}, Event{EventType{0x2ff}}}) {
    HostileServer server(socket_of("vm"), flood_of(encode(event)));
    auto events = start({"events", "vm"});
    ASSERT_TRUE(events->writes("  vm is running\n"));
    events->signal(SIGTERM);
    Process::Result result = events->finish();
    EXPECT_EQ(result.status, 0);
    EXPECT_LT(result.peak_bytes, kMaxMemory);
  }
}

TEST_F(HostileEvents, FromNoSocketAreAProtocolError) {
  auto answer = HostileServer::after_hello([](int client, const RequestFrame&) {
    auto pair = *make_socket_pair(SocketType::kStream);
    send_response(client, response::Subscribed{VmState::kRunning, std::move(pair.first)});
  });
  HostileServer server(socket_of("vm"), answer);
  EXPECT_TRUE(failed_with(hasty({"events", "vm"}), 3, "EPROTO"));
}

}  // namespace
}  // namespace vm_control
