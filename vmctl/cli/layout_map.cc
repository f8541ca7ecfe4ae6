// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_map.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "vm_control/base/page.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"

namespace vm_control::vmctl {
namespace {

constexpr int kBoxWidth = 29;
// Parts that are no memory.
constexpr uint32_t kForEvents = kLayoutDoorbells | kLayoutDoorbellPorts | kLayoutInterrupts;

// One box of the picture.
struct Stretch {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string name;
  std::vector<std::string> notes;  // beside it, one a row
  bool is_space = false;           // free space, which is cut to one row
};

// The line between two boxes, or at an end of the picture.
struct Boundary {
  bool is_of_window = false;
  std::string note;
};

uint64_t end_of(const RegionInfo& info) {
  return info.address.checked_add(info.size).value_or(GuestAddress(UINT64_MAX)).value();
}

class Picture {
 public:
  Picture(const std::vector<RegionInfo>& layout, const std::vector<RegionInfo>& regions) {
    for (const RegionInfo& part : layout) {
      if (part.flags & kForEvents) continue;
      add_space("nothing", part.address.value());
      if (part.flags & (kLayoutWindow | kLayoutMemslots)) {
        add_window(part, regions);
      } else {
        add(part, part.flags & kLayoutRam ? "RAM" : "32-bit hole", {});
      }
    }
  }

  std::string draw() const {
    std::string text;
    for (size_t i = 0; i < stretches_.size(); ++i) {
      text += draw_boundary(stretches_[i].start, boundaries_[i]);
      text += draw_box(stretches_[i]);
    }
    return text + draw_boundary(end_, last_boundary_);
  }

 private:
  // Adds a box below the others. It begins at `end_`.
  void push(Stretch stretch) {
    end_ = stretch.end;
    stretches_.push_back(std::move(stretch));
    boundaries_.push_back(std::exchange(last_boundary_, {}));
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
    if (end <= end_) return;
    push({.start = end_,
          .end = end,
          .name = name,
          .notes = {format_rough_size(end - end_)},
          .is_space = true});
  }

  void add_window(const RegionInfo& window, const std::vector<RegionInfo>& regions) {
    bool is_window = window.flags & kLayoutWindow;
    last_boundary_ = {true, (is_window ? "window of " : "memory slots, ") +
                                format_rough_size(window.size) + " for regions"};
    for (const RegionInfo& region : regions) {
      bool is_inside = region.address >= window.address && end_of(region) <= end_of(window);
      if (!is_inside || region.address.value() < end_) continue;
      add_space("free", region.address.value());
      add(region, format_owner(region), "  " + format_handle(region.handle));
    }
    add_space("free", end_of(window));
    last_boundary_ = {true, ""};
  }

  std::string line(const std::string& address, const std::string& box,
                   const std::string& note) const {
    std::string text = fmt::format("{:>{}} {}  {}", address, address_width(), box, note);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

  std::string draw_boundary(uint64_t address, const Boundary& boundary) const {
    std::string box = "+" + std::string(kBoxWidth, boundary.is_of_window ? '=' : '-') + "+";
    return line(format_address(GuestAddress(address)), box, boundary.note);
  }

  std::string draw_box(const Stretch& stretch) const {
    std::string text;
    for (size_t row = 0; row < height_of(stretch); ++row) {
      char side = stretch.is_space ? ':' : '|';
      std::string inside = row == 0 ? stretch.name : "";
      text += line("", fmt::format("{} {:<{}}{}", side, inside, kBoxWidth - 1, side),
                   row < stretch.notes.size() ? stretch.notes[row] : "");
    }
    return text;
  }

  static size_t height_of(const Stretch& stretch) {
    if (stretch.is_space) return 1;
    // As many rows as its number of pages has hexadecimal digits.
    auto bits = static_cast<size_t>(std::bit_width((stretch.end - stretch.start) / kPageSize));
    return std::max((bits + 3) / 4, stretch.notes.size());
  }

  size_t address_width() const { return format_address(GuestAddress(end_)).size(); }

  std::vector<Stretch> stretches_;
  std::vector<Boundary> boundaries_;  // above each
  Boundary last_boundary_;
  uint64_t end_ = 0;
};

// "interrupts 16 to 23"
std::string describe_for_events(const RegionInfo& part) {
  uint64_t first = part.address.value();
  uint64_t last = first + part.size - 1;
  if (part.flags & kLayoutInterrupts) return fmt::format("interrupts {} to {}", first, last);
  const char* what = part.flags & kLayoutDoorbellPorts ? "ports" : "addresses";
  return fmt::format("{} {:#x} to {:#x}", what, first, last);
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
                        const std::vector<RegionInfo>& regions) {
  std::string text = Picture(layout, regions).draw() +
                     "Each row more is 16 times the size; dotted space is cut to one row.";
  std::string events;
  for (const RegionInfo& part : layout) {
    if (part.flags & kForEvents) events += (events.empty() ? "" : "; ") + describe_for_events(part);
  }
  return events.empty() ? text : text + "\nFor ioevents and irqfds: " + events + ".";
}

}  // namespace vm_control::vmctl
