// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/region_addresses.h"

#include <variant>

namespace vm_control::vmctl {

void RegionAddresses::refresh() {
  if (vm_.fd() < 0) return;
  // The VM may hide that regions have gone: it has to end somewhere.
  if (known_.size() > Client::kMaxRegions) known_.clear();
  vm_.finish_by(std::chrono::steady_clock::now() + patience_);
  auto regions = vm_.regions();
  if (!regions) return;
  for (const RegionInfo& each : *regions) known_.insert_or_assign(each.handle, each.address);
}

std::optional<GuestAddress> RegionAddresses::find(const Event& event) {
  const auto* region = std::get_if<RegionInfo>(&event.detail);
  if (!region) return std::nullopt;
  bool is_removed = event.type == EventType::kRegionRemoved;
  if (!is_removed && !known_.contains(region->handle)) refresh();
  auto found = known_.find(region->handle);
  if (found == known_.end()) return std::nullopt;
  GuestAddress address = found->second;
  if (is_removed) known_.erase(found);
  return address;
}

}  // namespace vm_control::vmctl
