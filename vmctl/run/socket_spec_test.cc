// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/socket_spec.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

TEST(SocketSpec, IsAPathAndOptions) {
  EXPECT_EQ(parse_socket_spec("/run/vm.sock")->path, "/run/vm.sock");
  EXPECT_EQ(parse_socket_spec("/run/vm.sock")->type, SocketType::kSeqpacket);
  EXPECT_EQ(parse_socket_spec("vm,type=seqpacket")->type, SocketType::kSeqpacket);
  EXPECT_EQ(parse_socket_spec("vm,type=datagram")->path, "vm");
  EXPECT_EQ(parse_socket_spec("vm,type=datagram")->type, SocketType::kDatagram);
}

TEST(SocketSpec, SaysWhoMayUseItAndForWhat) {
  SocketPolicy policy =
      parse_socket_spec("vm,allow=lifecycle+memory,uid=1000+1001,mode=0660,sealing=require")
          ->policy;
  EXPECT_EQ(policy.allow, Right::kLifecycle | Right::kMemory);
  EXPECT_EQ(policy.uids, (std::vector<uid_t>{1000, 1001}));
  EXPECT_EQ(policy.mode, mode_t{0660});
  EXPECT_EQ(policy.seal_policy, SealPolicy::kRequire);
  EXPECT_EQ(parse_socket_spec("vm,mode=666,sealing=prefer,allow=none")->policy.mode, mode_t{0666});
}

TEST(SocketSpec, SaysWhatTheGuestSignals) {
  EXPECT_EQ(parse_socket_spec("vm,doorbells=relay")->policy.doorbells, Doorbells::kRelay);
  EXPECT_EQ(parse_socket_spec("vm,doorbells=direct")->policy.doorbells, Doorbells::kDirect);
}

TEST(SocketSpec, WithoutOptionsIsForItsUserAndForEverything) {
  SocketPolicy policy = parse_socket_spec("vm")->policy;
  EXPECT_EQ(policy.allow, Rights::all());
  EXPECT_TRUE(policy.uids.empty());
  EXPECT_EQ(policy.mode, mode_t{0600});
  EXPECT_EQ(policy.seal_policy, SealPolicy::kPrefer);
  EXPECT_EQ(policy.doorbells, Doorbells::kDirect);
}

class BadSocketSpec : public testing::TestWithParam<const char*> {};

TEST_P(BadSocketSpec, IsRefused) {
  auto spec = parse_socket_spec(GetParam());
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code(), EINVAL);
}

INSTANTIATE_TEST_SUITE_P(Of, BadSocketSpec,
                         testing::Values("", ",type=datagram", "vm,", "vm,type=stream", "vm,type",
                                         "vm,type=", "vm,x,y", "vm,type=datagram,",
                                         "vm,type=datagram,type=datagram", "vm,allow=magic",
                                         "vm,allow=memory+", "vm,allow=", "vm,uid=root",
                                         "vm,uid=-1", "vm,uid=1+", "vm,uid=4294967295",
                                         "vm,uid=4294967296", "vm,mode=0888", "vm,mode=01777",
                                         "vm,mode=rw", "vm,mode=", "vm,sealing=maybe",
                                         "vm,doorbells=", "vm,doorbells=loud", "vm,Allow=memory"));

TEST(SocketSpec, SaysWhichOptionsThereAre) {
  std::string message = parse_socket_spec("vm,color=red").error().attempt();
  EXPECT_EQ(message,
            "take the option 'color=red' (there are: type= allow= uid= mode= sealing= doorbells=)");
}

}  // namespace
}  // namespace vm_control::vmctl
