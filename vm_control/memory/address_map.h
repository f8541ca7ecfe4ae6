// SPDX-License-Identifier: BSD-3-Clause
// Things at guest-physical addresses, in the order of their addresses.
//
// The map keeps the nodes of items that were erased for those that are inserted next: so it
// allocates memory only while it grows to the most that it ever held.
// Threads: not synchronised.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "vm_control/model/guest_address.h"

namespace vm_control {

template <class Value>
class AddressMap {
 public:
  using Item = std::pair<const GuestAddress, Value>;

  // There is nothing at `address` yet.
  void insert(GuestAddress address, Value value) {
    if (spare_.empty()) {
      items_.emplace(address, std::move(value));
      spare_.reserve(items_.size());  // for the node of this item
      return;
    }
    auto node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = address;
    node.mapped() = std::move(value);
    items_.insert(std::move(node));
  }

  // There is something at `address`.
  void erase(GuestAddress address) { spare_.push_back(items_.extract(address)); }

  // The last item that is not behind `address`, and the first one that is (or the first of all);
  // null if there is none. Valid until the map changes.
  const Item* last_until(GuestAddress address) const {
    auto next = items_.upper_bound(address);
    return next == items_.begin() ? nullptr : &*std::prev(next);
  }
  const Item* first_after(std::optional<GuestAddress> address) const {
    auto next = address ? items_.upper_bound(*address) : items_.begin();
    return next == items_.end() ? nullptr : &*next;
  }

 private:
  using Items = std::map<GuestAddress, Value>;

  Items items_;
  std::vector<typename Items::node_type> spare_;
};

}  // namespace vm_control
