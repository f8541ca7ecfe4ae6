// SPDX-License-Identifier: BSD-3-Clause
// Draws the boxes of the picture that layout_map.h shows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vm_control/model/region_info.h"

namespace vm_control::vmctl {

// How a picture is drawn.
struct PictureStyle {
  size_t columns;
  bool is_compact = false;  // a row for each box, and no lines between them
  size_t group = 1;         // so many regions that follow each other share a box
};

// Draws the layout with the regions in its windows: lines, each with a newline.
std::string draw_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, const PictureStyle& style);

}  // namespace vm_control::vmctl
