// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/descriptor_chain.h"

#include <algorithm>
#include <cstring>

namespace vm_control::vmm {

size_t ChainReader::read(std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size() && !buffers_.empty()) {
    std::span<std::byte> left = buffers_.front().bytes.subspan(offset_);
    size_t count = std::min(left.size(), out.size() - done);
    std::memcpy(out.data() + done, left.data(), count);
    done += count;
    offset_ += count;
    if (count == left.size()) {
      buffers_ = buffers_.subspan(1);
      offset_ = 0;
    }
  }
  return done;
}

}  // namespace vm_control::vmm
