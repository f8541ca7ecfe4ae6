// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_boxes.h"

#include <algorithm>
#include <span>
#include <utility>

#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"

namespace vm_control::vmctl {
namespace {

uint64_t end_of(const RegionInfo& info) {
  return info.address.checked_add(info.size).value_or(GuestAddress(UINT64_MAX)).value();
}

class BoxMaker {
 public:
  explicit BoxMaker(size_t group) : group_(group) {}

  LayoutBoxes make(const std::vector<RegionInfo>& layout, const std::vector<RegionInfo>& regions) {
    for (const RegionInfo& part : layout) {
      if (part.flags & kForEvents) continue;
      add_space("nothing", part.address.value());
      if (part.flags & (kLayoutWindow | kLayoutMemslots)) {
        add_window(part, regions);
      } else {
        add(part, part.flags & kLayoutRam ? "RAM" : "32-bit hole", {});
      }
    }
    return std::move(made_);
  }

 private:
  // Adds a box below the others. It begins at the end of the last.
  void push(Box box) {
    box.boundary = std::exchange(made_.last_boundary, {});
    made_.boxes.push_back(std::move(box));
  }

  void add(const RegionInfo& info, std::string name, const std::string& handle) {
    std::string flags = format_flags(info);
    std::vector<std::string> notes{format_rough_size(info.size) + handle};
    if (!flags.empty()) notes.push_back(std::move(flags));
    push({.start = info.address.value(),
          .end = end_of(info),
          .name = std::move(name),
          .notes = std::move(notes)});
  }

  void add_space(const char* name, uint64_t end) {
    if (end <= made_.end()) return;
    push({.start = made_.end(),
          .end = end,
          .name = name,
          .notes = {format_rough_size(end - made_.end())},
          .is_space = true});
  }

  // Adds one box for `regions`, and one for the free space above it.
  void add_regions(std::span<const RegionInfo> regions) {
    const RegionInfo& first = regions.front();
    add_space("free", first.address.value());
    if (regions.size() == 1) {
      return add(first, format_owner(first), "  " + format_handle(first.handle));
    }
    uint64_t size = 0;
    for (const RegionInfo& each : regions) size += each.size;
    push({.start = first.address.value(),
          .end = end_of(regions.back()),
          .name = std::to_string(regions.size()) + " regions",
          .notes = {format_rough_size(size)}});
  }

  void add_window(const RegionInfo& window, const std::vector<RegionInfo>& regions) {
    bool is_window = window.flags & kLayoutWindow;
    made_.last_boundary = {true, (is_window ? "window of " : "memory slots, ") +
                                     format_rough_size(window.size) + " for regions"};
    std::vector<RegionInfo> inside;
    for (const RegionInfo& region : regions) {
      bool is_inside = region.address >= window.address && end_of(region) <= end_of(window);
      uint64_t end = inside.empty() ? made_.end() : end_of(inside.back());
      if (is_inside && region.address.value() >= end) inside.push_back(region);
    }
    std::span<const RegionInfo> rest(inside);
    while (!rest.empty()) {
      size_t count = std::min(group_, rest.size());
      add_regions(rest.first(count));
      rest = rest.subspan(count);
    }
    add_space("free", end_of(window));
    made_.last_boundary = {true, ""};
  }

  size_t group_;
  LayoutBoxes made_;
};

}  // namespace

LayoutBoxes make_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, size_t group) {
  return BoxMaker(group).make(layout, regions);
}

}  // namespace vm_control::vmctl
