// SPDX-License-Identifier: BSD-3-Clause
// The boxes of an address space from the bottom to the top, which layout_picture.h draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vm_control/model/region_info.h"

namespace vm_control::vmctl {

// Parts of the layout that are no memory, and not in the picture.
inline constexpr uint32_t kForEvents = kLayoutDoorbells | kLayoutDoorbellPorts | kLayoutInterrupts;

// The line between two boxes, or at an end of the picture.
struct Boundary {
  bool is_of_window = false;
  std::string note;
};

// One box of the picture, and the boundary at its start.
struct Box {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string name;
  std::vector<std::string> notes;  // beside it, one a row
  bool is_space = false;           // free space, which is cut to one row
  Boundary boundary = {};
};

struct LayoutBoxes {
  uint64_t end() const { return boxes.empty() ? 0 : boxes.back().end; }

  std::vector<Box> boxes;
  Boundary last_boundary;  // at the end
};

// Makes boxes of the layout and of the regions in its windows. So many regions that follow each
// other as `group` says share a box.
LayoutBoxes make_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, size_t group);

}  // namespace vm_control::vmctl
