// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/range_allocator.h"

#include <algorithm>
#include <optional>

namespace vm_control {
namespace {

constexpr std::array<uint64_t, 2> kBoundaries = {kPageSize, kHugePageSize};

// The largest block in [start, start + size) that starts at a boundary.
struct Fit {
  uint64_t start = 0;
  uint64_t size = 0;
};

Fit fit(uint64_t start, uint64_t size, size_t alignment) {
  auto aligned = GuestAddress(start).checked_align_up(kBoundaries[alignment]);
  if (!aligned || aligned->value() - start >= size) return {};
  return {aligned->value(), size - (aligned->value() - start)};
}

}  // namespace

RangeAllocator::RangeAllocator(GuestRange window) : window_(window) {
  insert(window.start().value(), window.size());
  free_bytes_ = window.size();
}

Result<GuestRange> RangeAllocator::allocate(uint64_t size, Alignment alignment) {
  if (size == 0 || size % kPageSize) return fail(EINVAL, "allocate guest addresses");
  auto boundary = static_cast<size_t>(alignment);
  Index index = find_first_fit(size, boundary);
  if (index == kNone) return fail(ENOSPC, "allocate guest addresses");

  uint64_t start = fit(nodes_[index].start, nodes_[index].size, boundary).start;
  carve(index, start, size);
  return GuestRange::create(GuestAddress(start), size);
}

Result<void> RangeAllocator::take(GuestRange range) {
  constexpr const char* kAction = "take guest addresses";
  if (!range.is_aligned(kPageSize)) return fail(EINVAL, kAction);
  if (!window_.contains(range)) return fail(ERANGE, kAction);
  uint64_t start = range.start().value();
  // Only the last free range that starts at or before `start` can hold it.
  Index index = find_last_before(start + 1);
  if (index == kNone) return fail(EEXIST, kAction);
  uint64_t before = start - nodes_[index].start;
  if (before >= nodes_[index].size || range.size() > nodes_[index].size - before) {
    return fail(EEXIST, kAction);
  }
  carve(index, start, range.size());
  return {};
}

Result<void> RangeAllocator::release(GuestRange range) {
  constexpr const char* kAction = "release guest addresses";
  if (!range.is_aligned(kPageSize) || !window_.contains(range)) return fail(EINVAL, kAction);
  uint64_t start = range.start().value();
  uint64_t size = range.size();
  Index before = find_last_before(start);
  Index after = find_first_from(start);
  if (before != kNone && start - nodes_[before].start < nodes_[before].size) {
    return fail(EINVAL, kAction);
  }
  if (after != kNone && nodes_[after].start - start < size) return fail(EINVAL, kAction);

  bool joins_before = before != kNone && start - nodes_[before].start == nodes_[before].size;
  bool joins_after = after != kNone && nodes_[after].start - start == size;
  if (joins_before) {
    if (joins_after) {
      size += nodes_[after].size;
      erase(after);
    }
    resize(before, nodes_[before].start, nodes_[before].size + size);
  } else if (joins_after) {
    resize(after, start, size + nodes_[after].size);
  } else {
    insert(start, size);
  }
  free_bytes_ += range.size();
  return {};
}

uint64_t RangeAllocator::best(Index index, size_t alignment) const {
  return index == kNone ? 0 : nodes_[index].best[alignment];
}

void RangeAllocator::update(Index index) {
  Node& node = nodes_[index];
  for (size_t alignment = 0; alignment < kAlignments; ++alignment) {
    node.best[alignment] = std::max({fit(node.start, node.size, alignment).size,
                                     best(node.left, alignment), best(node.right, alignment)});
  }
}

// Cuts a tree in two: the ranges that start before `address`, and the rest.
RangeAllocator::Pair RangeAllocator::split(Index root, uint64_t address) {
  if (root == kNone) return {kNone, kNone};
  if (nodes_[root].start < address) {
    Pair rest = split(nodes_[root].right, address);
    nodes_[root].right = rest.left;
    update(root);
    return {root, rest.right};
  }
  Pair rest = split(nodes_[root].left, address);
  nodes_[root].left = rest.right;
  update(root);
  return {rest.left, root};
}

// Joins two trees. Each range of `left` starts before each of `right`.
RangeAllocator::Index RangeAllocator::merge(Index left, Index right) {
  if (left == kNone) return right;
  if (right == kNone) return left;
  if (nodes_[left].priority >= nodes_[right].priority) {
    nodes_[left].right = merge(nodes_[left].right, right);
    update(left);
    return left;
  }
  nodes_[right].left = merge(left, nodes_[right].left);
  update(right);
  return right;
}

RangeAllocator::Index RangeAllocator::find_first_fit(uint64_t size, size_t alignment) const {
  if (best(root_, alignment) < size) return kNone;
  Index index = root_;
  for (;;) {
    const Node& node = nodes_[index];
    if (best(node.left, alignment) >= size) {
      index = node.left;
    } else if (fit(node.start, node.size, alignment).size >= size) {
      return index;
    } else {
      index = node.right;
    }
  }
}

RangeAllocator::Index RangeAllocator::find_last_before(uint64_t address) const {
  Index found = kNone;
  for (Index index = root_; index != kNone;) {
    bool before = nodes_[index].start < address;
    if (before) found = index;
    index = before ? nodes_[index].right : nodes_[index].left;
  }
  return found;
}

RangeAllocator::Index RangeAllocator::find_first_from(uint64_t address) const {
  Index found = kNone;
  for (Index index = root_; index != kNone;) {
    bool before = nodes_[index].start < address;
    if (!before) found = index;
    index = before ? nodes_[index].right : nodes_[index].left;
  }
  return found;
}

void RangeAllocator::insert(uint64_t start, uint64_t size) {
  Index index;
  if (unused_.empty()) {
    index = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
    unused_.reserve(nodes_.capacity());
  } else {
    index = unused_.back();
    unused_.pop_back();
  }
  // xorshift32: the priorities of a treap only have to be unrelated to the addresses.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  nodes_[index] = Node{.start = start, .size = size, .priority = random_};
  update(index);
  Pair parts = split(root_, start);
  root_ = merge(merge(parts.left, index), parts.right);
  ++free_ranges_;
}

void RangeAllocator::erase(Index index) {
  uint64_t start = nodes_[index].start;
  Pair parts = split(root_, start);
  Pair rest = split(parts.right, start + 1);
  root_ = merge(parts.left, rest.right);
  unused_.push_back(index);
  --free_ranges_;
}

// Moves the ends of a free range, but not past another range, so that it keeps its place in the
// tree.
void RangeAllocator::resize(Index index, uint64_t start, uint64_t size) {
  nodes_[index].start = start;
  nodes_[index].size = size;
  update_down_to(root_, index);
}

// Takes `size` bytes at `start` out of the free range that holds them.
void RangeAllocator::carve(Index index, uint64_t start, uint64_t size) {
  Node found = nodes_[index];
  uint64_t before = start - found.start;
  uint64_t after = found.size - before - size;
  if (before) {
    resize(index, found.start, before);
    if (after) insert(start + size, after);
  } else if (after) {
    resize(index, start + size, after);
  } else {
    erase(index);
  }
  free_bytes_ -= size;
}

void RangeAllocator::update_down_to(Index root, Index index) {
  if (root != index) {
    const Node& node = nodes_[root];
    update_down_to(nodes_[index].start < node.start ? node.left : node.right, index);
  }
  update(root);
}

}  // namespace vm_control
