// SPDX-License-Identifier: BSD-3-Clause
// The boxes of an address space from the bottom to the top, which layout_picture.h draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vm_control/model/region_info.h"

namespace vm_control::vmctl {

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
  std::vector<Box> boxes;
  uint64_t end = 0;  // of the last
  Boundary last_boundary;
};

// Makes boxes of the layout and of the regions in its windows. So many regions that follow each
// other as `group` says share a box.
LayoutBoxes make_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, size_t group);

}  // namespace vm_control::vmctl
