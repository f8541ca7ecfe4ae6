// SPDX-License-Identifier: BSD-3-Clause
// Finds things by handle. The handle of a thing that was taken out finds nothing, nor does a forged
// one.
//
// Pure bookkeeping. The time of an insert(), find() or take() does not depend on the number of
// things. The table allocates only while it grows to the largest number of things that it ever
// held. Threads: not synchronised.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/memory/handle_source.h"
#include "vm_control/model/handle.h"

namespace vm_control {

template <class T>
class HandleTable {
 public:
  static constexpr uint32_t kMaxCapacity = 65536;

  // kind      keeps the handles of this table apart from those of the other kind.
  // capacity  the largest number of things; it is cut to kMaxCapacity.
  HandleTable(HandleKind kind, uint32_t capacity) : HandleTable(HandleSource(kind), capacity) {}
  // The same with handles from `source`, which nobody else uses.
  HandleTable(HandleSource source, uint32_t capacity)
      : source_(source), capacity_(std::min(capacity, kMaxCapacity)) {}

  // Moves `value` in and returns its handle. Errors: ENOSPC if the table is full or its source is
  // exhausted; the caller then keeps `value`.
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

  // The thing that `handle` names, valid until the next insert() or take(); null if there is none.
  T* find(Handle handle) {
    uint32_t index = HandleSource::index_of(handle);
    if (index >= entries_.size()) return nullptr;
    Entry& entry = entries_[index];
    return entry.value && entry.handle == handle ? &*entry.value : nullptr;
  }
  const T* find(Handle handle) const { return const_cast<HandleTable*>(this)->find(handle); }

  // Moves the thing that `handle` names out. The handle is never used again.
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

  // Calls function(Handle, T&) for each thing, in no particular order. The function may not call
  // insert() or take().
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
  uint32_t free_ = kNone;  // the entry that was freed last; each free entry names the one before
  std::vector<Entry> entries_;
};

}  // namespace vm_control
