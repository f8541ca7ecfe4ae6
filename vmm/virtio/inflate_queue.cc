// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/inflate_queue.h"

#include <span>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<bool> InflateQueue::serve(Virtqueue& queue) {
  numbers_.clear();
  std::vector<uint16_t> done;
  bool has_more = true;
  while (numbers_.size() < kPagesPerTurn && done.size() < kChainsPerTurn) {
    if (!current_) {
      std::optional<DescriptorChain> chain = TRY(queue.pop());
      if (!chain) {
        has_more = false;
        break;
      }
      current_.emplace(std::move(*chain));
    }
    if (!read_numbers()) break;
    done.push_back(current_->chain.head);
    current_.reset();
  }
  pages_.give_back(numbers_);
  // Not before: a driver may use its memory as soon as it has a chain back.
  for (uint16_t head : done) queue.push(head, 0);
  return has_more;
}

bool InflateQueue::read_numbers() {
  size_t before = numbers_.size();
  size_t room = kPagesPerTurn - before;
  numbers_.resize(kPagesPerTurn);
  std::span<uint32_t> free = std::span(numbers_).subspan(before);
  size_t count = current_->reader.read(std::as_writable_bytes(free)) / sizeof(uint32_t);
  numbers_.resize(before + count);
  return count < room;
}

}  // namespace vm_control::vmm
