// SPDX-License-Identifier: BSD-3-Clause
// The guest's physical address space as a picture, the lowest address first:
//
//          0x0 +-----------------------------+
//              | RAM                         |  128 MiB
//              |                             |
//    0x8000000 +-----------------------------+
//              : nothing                     :  1.8 GiB
//   0x80000000 +=============================+  window of 1 GiB for regions
//              | pid 4242 (uid 1000)         |  4 KiB  0x20001
//   0x80001000 +-----------------------------+
//              : free                        :  1023.9 MiB
//   0xc0000000 +=============================+
//
// Heights follow the logarithm of the sizes: 4 KiB is one row, and 16 times as much is one row
// more. Free space is cut to one row, dotted at the sides. On a narrow screen, what stands beside
// the boxes here stands in them. On a low one, each box has one row, and if need be several regions
// share a box.
#pragma once

#include <string>
#include <vector>

#include "vm_control/model/region_info.h"
#include "vmctl/cli/text_size.h"

namespace vm_control::vmctl {

// The name of a part of the layout in JSON: "ram", "hole", "window", "memslots", "doorbells",
// "doorbell_ports" or "interrupts".
const char* layout_kind(const RegionInfo& part);

// Draws the layout, with the regions in its windows, and says below what is set aside for ioevents
// and irqfds.
//
// layout, regions  sorted by address, as Client::layout() and Client::regions() return them.
// size             what the picture has to fit, with a line left for a prompt.
std::string draw_layout(const std::vector<RegionInfo>& layout,
                        const std::vector<RegionInfo>& regions, const TextSize& size);

}  // namespace vm_control::vmctl
