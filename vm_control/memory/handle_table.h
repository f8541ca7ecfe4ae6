// SPDX-License-Identifier: BSD-3-Clause
// Finds things by handle. A handle that was taken out, or made up, finds nothing.
//
// Pure bookkeeping; inserting, finding and taking cost the same whatever is in it. Once it has
// grown to the largest number of things there ever was, it does not allocate.
// Threads: not synchronised.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/handle.h"
#include "vm_control/memory/handle_source.h"

namespace vm_control {

template <class T>
class HandleTable {
 public:
  static constexpr uint32_t kMaxCapacity = 65536;

  // kind      keeps the handles of this table apart from those of the other kind.
  // capacity  how many things it holds; more than kMaxCapacity is kMaxCapacity.
  HandleTable(HandleKind kind, uint32_t capacity) : HandleTable(HandleSource(kind), capacity) {}
  // The same with handles from `source`, which makes none for anybody else.
  HandleTable(HandleSource source, uint32_t capacity)
      : source_(source), capacity_(std::min(capacity, kMaxCapacity)) {}

  // Moves `value` in, and names it. Errors: ENOSPC if the table is full or its handles are used up;
  // then `value` is still the caller's.
  Result<Handle> insert(T&& value) {
    constexpr const char* kAction = "insert into a table";
    if (size_ == capacity_) return fail(ENOSPC, kAction);
    uint32_t index = free_ == kNone ? static_cast<uint32_t>(entries_.size()) : free_;
    auto handle = source_.make(static_cast<uint16_t>(index));
    if (!handle) return fail(ENOSPC, kAction);
    if (index == entries_.size()) {
      entries_.emplace_back();
    } else {
      free_ = entries_[index].next_free;
    }
    entries_[index].handle = *handle;
    entries_[index].value.emplace(std::move(value));
    ++size_;
    return *handle;
  }

  // What `handle` names, until the next insert() or take(); null if that is nothing.
  T* find(Handle handle) {
    uint32_t index = HandleSource::index_of(handle);
    if (index >= entries_.size()) return nullptr;
    Entry& entry = entries_[index];
    return entry.value && entry.handle == handle ? &*entry.value : nullptr;
  }
  const T* find(Handle handle) const { return const_cast<HandleTable*>(this)->find(handle); }

  // Moves what `handle` names out. The handle is never used again.
  std::optional<T> take(Handle handle) {
    T* value = find(handle);
    if (!value) return std::nullopt;
    std::optional<T> taken(std::move(*value));
    uint32_t index = HandleSource::index_of(handle);
    entries_[index].value.reset();
    entries_[index].next_free = std::exchange(free_, index);
    --size_;
    return taken;
  }

  uint32_t size() const { return size_; }

  // Calls function(Handle, T&) for each thing, in no particular order. It may not insert or take.
  template <class Function>
  void for_each(Function function) {
    for (Entry& entry : entries_) {
      if (entry.value) function(entry.handle, *entry.value);
    }
  }
  template <class Function>
  void for_each(Function function) const {
    for (const Entry& entry : entries_) {
      if (entry.value) function(entry.handle, *entry.value);
    }
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Entry {
    Handle handle;
    uint32_t next_free = kNone;
    std::optional<T> value;
  };

  HandleSource source_;
  uint32_t capacity_;
  uint32_t size_ = 0;
  uint32_t free_ = kNone;  // the entry that was left last; each names the one before
  std::vector<Entry> entries_;
};

}  // namespace vm_control
