// SPDX-License-Identifier: BSD-3-Clause
// vmctl with a server whose bitmaps and buffers are not what it says.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/protocol/requests.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

constexpr uint64_t kTerabyte = uint64_t{1} << 40;

// A memfd, all zero.
UniqueFd zeros(uint64_t size) {
  return (*SharedMemory::create("test", size)).take_fd();
}

class HostileMemory : public VmctlTest {
 protected:
  HostileMemory() { mkdir(path("vm_control").c_str(), 0700); }

  // Runs vmctl against a server with one region of `region_size` bytes, at 0x1000 with handle 1,
  // and a log of it: `bitmap`, which it says has `bitmap_bytes`.
  Process::Result dirty(uint64_t region_size, const UniqueFd& bitmap, uint64_t bitmap_bytes) {
    auto answer = [&](int client, const RequestFrame& request) {
      if (type_of(request) == request::ReadDirtyLog::kType) {
        UniqueFd fd = *UniqueFd::duplicate(bitmap.get());
        send_response(client, response::DirtyLog{std::move(fd), bitmap_bytes});
      } else if (load<uint32_t>(request, 4) & 1) {
        send_response(client, response::Region{{.address = GuestAddress(0x1000),
                                                .size = region_size,
                                                .handle = Handle(1)}});
      } else {
        send_response(client, response::Err{ENOENT});
      }
    };
    HostileServer server(socket_of("vm"), HostileServer::after_hello(answer));
    Process::Result result = vmctl({"--json", "memory", "dirty", "vm", "0x1"});
    EXPECT_LT(result.peak_bytes, kMaxMemory);
    return result;
  }

  // Runs vmctl against a classic server that answers with `buffer` to whatever is asked for.
  Process::Result allocate(const UniqueFd& buffer, const Arguments& options = {}) {
    auto answer = [&](int client, const RequestFrame& request) {
      if (type_of(request) == request::Hello::kType) {
        send_response(client, response::Err{EOPNOTSUPP});
      } else {
        send_response(client,
                      response::GpuMemory{.fd = *UniqueFd::duplicate(buffer.get()), .desc = {}});
      }
    };
    HostileServer server(socket_of("vm"), answer);
    Arguments command{"gpu", "allocate", "vm", "64x64", "R8", "--output", path("saved")};
    command.insert(command.end(), options.begin(), options.end());
    Process::Result result = vmctl(command);
    EXPECT_LT(result.peak_bytes, kMaxMemory);
    return result;
  }
};

TEST_F(HostileMemory, ABitmapIsReadNoFurtherThanTheRegionGoes) {
  auto objects = parse_json_lines(dirty(8192, zeros(kTerabyte), uint64_t{1} << 60).out);
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0]["written"], PrintedValue::of_text("[]"));
}

TEST_F(HostileMemory, ARegionWithoutBoundIsAProtocolError) {
  for (uint64_t size : {2 * kTerabyte, uint64_t{1} << 55, ~uint64_t{0} << 13}) {
    EXPECT_TRUE(failed_with(dirty(size, zeros(kTerabyte), uint64_t{1} << 60), 3, "EPROTO")) << size;
  }
}

TEST_F(HostileMemory, ABitmapThatEndsEarlyIsAProtocolError) {
  EXPECT_TRUE(failed_with(dirty(kTerabyte, zeros(4096), kTerabyte), 3, "EPROTO"));
  EXPECT_TRUE(failed_with(dirty(8192, zeros(4096), 0), 3, "EPROTO"));
}

TEST_F(HostileMemory, ABitmapThatIsNoMemoryIsAProtocolError) {
  UniqueFd zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(failed_with(dirty(8192, zero, 8), 3, "EPROTO"));
}

TEST_F(HostileMemory, ManyRangesTakeNoMoreMemoryThanABitmap) {
  constexpr int64_t kRanges = 1 << 18;
  UniqueFd bitmap = zeros(kRanges / 4);
  std::vector<std::byte> bits(kRanges / 4, std::byte{0x55});
  ASSERT_EQ(pwrite(bitmap.get(), bits.data(), bits.size(), 0), static_cast<ssize_t>(bits.size()));
  std::string out = dirty(kRanges * 2 * 4096, bitmap, bits.size()).out;
  // Parsed, they would take more memory than vmctl.
  EXPECT_EQ(std::count(out.begin(), out.end(), '{'), kRanges + 1);
  EXPECT_TRUE(out.ends_with(R"({"guest_address":2147479552,"size":4096}]})"
                            "\n"))
      << out.substr(out.size() - 100);
}

TEST_F(HostileMemory, ABufferIsSaved) {
  UniqueFd buffer = zeros(4096);
  ASSERT_EQ(pwrite(buffer.get(), "pixels", 6, 0), 6);
  EXPECT_EQ(allocate(buffer).status, 0);
  EXPECT_EQ(read_file(path("saved")), "pixels" + std::string(4090, '\0'));
}

TEST_F(HostileMemory, ABufferWithoutBoundIsAProtocolError) {
  EXPECT_TRUE(failed_with(allocate(zeros(kTerabyte)), 3, "EPROTO"));
  EXPECT_FALSE(exists(path("saved")));
}

TEST_F(HostileMemory, ABufferThatIsNoMemoryIsAProtocolError) {
  UniqueFd zero(open("/dev/zero", O_RDWR | O_CLOEXEC));
  EXPECT_TRUE(failed_with(allocate(zero), 3, "EPROTO"));
  EXPECT_TRUE(failed_with(allocate(make_socket_pair(SocketType::kStream)->first), 3, "EPROTO"));
}

}  // namespace
}  // namespace vm_control
