// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_map.h"

#include <fmt/core.h>

#include <algorithm>

#include "vmctl/cli/layout_boxes.h"
#include "vmctl/cli/layout_picture.h"

namespace vm_control::vmctl {
namespace {

// "interrupts 16 to 23"
std::string describe_for_events(const RegionInfo& part) {
  uint64_t first = part.address.value();
  uint64_t last = first + part.size - 1;
  if (part.flags & kLayoutInterrupts) return fmt::format("interrupts {} to {}", first, last);
  const char* what = part.flags & kLayoutDoorbellPorts ? "ports" : "addresses";
  return fmt::format("{} {:#x} to {:#x}", what, first, last);
}

// "\nFor ioevents and irqfds: ...", if anything is set aside for them.
std::string for_events(const std::vector<RegionInfo>& layout) {
  std::string events;
  for (const RegionInfo& part : layout) {
    if (part.flags & kForEvents) events += (events.empty() ? "" : "; ") + describe_for_events(part);
  }
  return events.empty() ? "" : "\nFor ioevents and irqfds: " + events + ".";
}

}  // namespace

const char* layout_kind(const RegionInfo& part) {
  if (part.flags & kLayoutRam) return "ram";
  if (part.flags & kLayoutHole) return "hole";
  if (part.flags & kLayoutWindow) return "window";
  if (part.flags & kLayoutMemslots) return "memslots";
  if (part.flags & kLayoutDoorbells) return "doorbells";
  return part.flags & kLayoutDoorbellPorts ? "doorbell_ports" : "interrupts";
}

std::string draw_layout(const std::vector<RegionInfo>& layout,
                        const std::vector<RegionInfo>& regions, const TextSize& size) {
  std::string events = for_events(layout);
  auto draw = [&](const PictureStyle& style, const char* legend) {
    return draw_boxes(layout, regions, style) + wrap(legend + events, size.columns);
  };
  // With a line for the prompt, the picture is followed by a newline.
  auto fits = [&](const std::string& text) {
    auto newlines = static_cast<size_t>(std::ranges::count(text, '\n'));
    return !size.lines || newlines + 2 <= *size.lines;
  };
  std::string text = draw({.columns = size.columns},
                          "Each row more is 16 times the size; dotted space is cut to one row.");
  for (size_t group = 1; !fits(text); group *= 2) {
    text = draw({.columns = size.columns, .is_compact = true, .group = group},
                "One row each, to fit the screen: heights tell no sizes.");
    if (group >= regions.size()) break;
  }
  return text;
}

}  // namespace vm_control::vmctl
