// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/reporting_queue.h"

#include "vm_control/base/align.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<bool> ReportingQueue::serve(Virtqueue& queue, bool may_return) {
  uint64_t bytes = 0;
  for (size_t steps = 0; steps < kStepsPerTurn && bytes < kBytesPerTurn; ++steps) {
    if (!current_) {
      std::optional<DescriptorChain> chain = TRY(queue.pop());
      if (!chain) return false;
      current_ = begin(*chain);
    }
    if (may_return && !current_->left.empty()) {
      bytes += return_some(kBytesPerTurn - bytes);
      continue;
    }
    // Not before: a driver may use its memory as soon as it has a chain back.
    queue.push(current_->head, 0);
    current_.reset();
  }
  return true;
}

ReportingQueue::Current ReportingQueue::begin(const DescriptorChain& chain) {
  Current current{chain.head, {}};
  for (auto each = chain.writable.rbegin(); each != chain.writable.rend(); ++each) {
    uint64_t start = each->address.value();
    uint64_t first = align_up(start, kPageSize);
    uint64_t end = (start + each->bytes.size()) / kPageSize * kPageSize;
    if (first >= end) continue;
    current.left.push_back(*GuestRange::create(GuestAddress(first), end - first));
  }
  return current;
}

uint64_t ReportingQueue::return_some(uint64_t most) {
  GuestRange range = current_->left.back();
  current_->left.pop_back();
  if (range.size() > most) {
    GuestAddress rest(range.start().value() + most);
    current_->left.push_back(*GuestRange::create(rest, range.size() - most));
    range = *GuestRange::create(range.start(), most);
  }
  pages_.give_back(range);
  return range.size();
}

}  // namespace vm_control::vmm
