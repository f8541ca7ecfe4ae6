// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/socket_spec.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

TEST(SocketSpec, IsAPathAndOptions) {
  EXPECT_EQ(SocketSpec::parse("/run/vm.sock")->path, "/run/vm.sock");
  EXPECT_EQ(SocketSpec::parse("/run/vm.sock")->type, SocketType::kSeqpacket);
  EXPECT_EQ(SocketSpec::parse("vm,type=seqpacket")->type, SocketType::kSeqpacket);
  EXPECT_EQ(SocketSpec::parse("vm,type=datagram")->path, "vm");
  EXPECT_EQ(SocketSpec::parse("vm,type=datagram")->type, SocketType::kDatagram);
}

TEST(SocketSpec, RefusesWhatItDoesNotKnow) {
  for (auto text : {"", ",type=datagram", "vm,type=stream", "vm,type", "vm,mode=0600", "vm,x,y"}) {
    EXPECT_EQ(SocketSpec::parse(text).error().code(), EINVAL) << text;
  }
}

}  // namespace
}  // namespace vm_control::vmctl
