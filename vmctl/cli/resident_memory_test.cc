// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/resident_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "vm_control/transport/socket.h"

namespace vm_control::vmctl {
namespace {

TEST(FindResidentMemory, CountsAnonymousAndHugePages) {
  EXPECT_EQ(find_resident_memory("Name:\tvmctl\nVmRSS:\t    9000 kB\nRssAnon:\t    1024 kB\n"
                                 "RssFile:\t    7000 kB\nHugetlbPages:\t    2048 kB\n"),
            3u << 20);
  EXPECT_EQ(find_resident_memory("Name:\tvmctl\nRssAnon:\t       4 kB\n"), 4096u);
  EXPECT_EQ(find_resident_memory("Name:\tvmctl\nRssAnon:\t       0 kB\n"), 0u);
}

TEST(FindResidentMemory, FindsNothingInOtherTexts) {
  for (auto text : {"", "Name:\tvmctl\n", "Name:\tkthreadd\nHugetlbPages:\t 0 kB\n",
                    "Name:\tRssAnon: 4 kB", "\nRssAnon:", "\nRssAnon:\tmuch\n"}) {
    EXPECT_EQ(find_resident_memory(text), std::nullopt) << text;
  }
}

TEST(ResidentMemory, IsThatOfTheProcessWhichServesTheSocket) {
  auto [server, client] = *make_socket_pair(SocketType::kSeqpacket);
  auto vm = Client::adopt(std::move(client));
  auto pid = static_cast<uint32_t>(getpid());
  EXPECT_GT(resident_memory(*vm, pid), 100u << 10);
  EXPECT_EQ(resident_memory(*vm, pid + 1), std::nullopt) << "what the VM says is not believed";
}

}  // namespace
}  // namespace vm_control::vmctl
