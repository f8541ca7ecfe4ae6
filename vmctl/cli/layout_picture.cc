// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_picture.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <span>
#include <sstream>
#include <utility>

#include "vm_control/base/page.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/text_size.h"

namespace vm_control::vmctl {
namespace {

constexpr size_t kBoxWidth = 29;
constexpr size_t kMinBoxWidth = 8;

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
  Picture(const std::vector<RegionInfo>& layout, const std::vector<RegionInfo>& regions,
          const PictureStyle& style)
      : style_(style) {
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

  std::string draw() {
    choose_width();
    std::string text;
    for (size_t i = 0; i < stretches_.size(); ++i) {
      bool has_line = !style_.is_compact || !boundaries_[i].note.empty();
      if (has_line) text += draw_boundary(stretches_[i].start, boundaries_[i]);
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
    last_boundary_ = {true, (is_window ? "window of " : "memory slots, ") +
                                format_rough_size(window.size) + " for regions"};
    std::vector<RegionInfo> inside;
    for (const RegionInfo& region : regions) {
      bool is_inside = region.address >= window.address && end_of(region) <= end_of(window);
      uint64_t end = inside.empty() ? end_ : end_of(inside.back());
      if (is_inside && region.address.value() >= end) inside.push_back(region);
    }
    std::span<const RegionInfo> rest(inside);
    while (!rest.empty()) {
      size_t count = std::min(style_.group, rest.size());
      add_regions(rest.first(count));
      rest = rest.subspan(count);
    }
    add_space("free", end_of(window));
    last_boundary_ = {true, ""};
  }

  // Notes stand beside the boxes if there is room, and in them otherwise.
  void choose_width() {
    size_t longest = 0;
    for (const Boundary& each : boundaries_) longest = std::max(longest, each.note.size());
    for (const Stretch& each : stretches_) longest = std::max(longest, note_width(each));
    size_t left = style_.columns - std::min(style_.columns, address_width() + 3);
    has_notes_inside_ = left < kBoxWidth + 2 + longest;
    box_width_ = has_notes_inside_ ? std::max(left, kMinBoxWidth) : kBoxWidth;
  }

  size_t note_width(const Stretch& stretch) const {
    size_t width = 0;
    for (const std::string& note : notes_of(stretch)) width = std::max(width, note.size());
    return width;
  }

  std::vector<std::string> notes_of(const Stretch& stretch) const {
    if (!style_.is_compact || stretch.notes.size() < 2) return stretch.notes;
    return {stretch.notes[0] + "  " + stretch.notes[1]};
  }

  std::string line(const std::string& address, const std::string& box,
                   const std::string& note) const {
    std::string text = fmt::format("{:>{}} {}  {}", address, address_width(), box, note);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

  std::string row(const std::string& address, char side, const std::string& inside,
                  const std::string& note) const {
    return line(address, fmt::format("{} {:<{}}{}", side, inside, box_width_ - 1, side), note);
  }

  std::string draw_boundary(uint64_t address, const Boundary& boundary) const {
    std::string box = "+" + std::string(box_width_, boundary.is_of_window ? '=' : '-') + "+";
    std::string note = has_notes_inside_ ? "" : boundary.note;
    std::string text = line(format_address(GuestAddress(address)), box, note);
    if (!has_notes_inside_ || boundary.note.empty()) return text;
    for (const std::string& each : lines_in(boundary.note)) text += row("", '=', each, "");
    return text;
  }

  std::string draw_box(const Stretch& stretch) const {
    std::vector<std::string> inside = lines_in(stretch.name);
    std::vector<std::string> beside;
    for (const std::string& note : notes_of(stretch)) {
      std::vector<std::string> lines = has_notes_inside_ ? lines_in(note) : std::vector{note};
      std::ranges::copy(lines, std::back_inserter(has_notes_inside_ ? inside : beside));
    }
    size_t height = std::max({inside.size(), beside.size(), height_of(stretch)});
    inside.resize(height);
    beside.resize(height);
    std::string address = style_.is_compact ? format_address(GuestAddress(stretch.start)) : "";
    std::string text;
    for (size_t i = 0; i < height; ++i) {
      text += row(i == 0 ? address : "", stretch.is_space ? ':' : '|', inside[i], beside[i]);
    }
    return text;
  }

  // `text` in lines that fit into a box.
  std::vector<std::string> lines_in(const std::string& text) const {
    std::vector<std::string> lines;
    std::istringstream wrapped(wrap(text, box_width_ - 2));
    for (std::string each; std::getline(wrapped, each);) lines.push_back(each);
    return lines;
  }

  // As many rows as its number of pages has hexadecimal digits.
  size_t height_of(const Stretch& stretch) const {
    if (stretch.is_space || style_.is_compact) return 1;
    auto bits = static_cast<size_t>(std::bit_width((stretch.end - stretch.start) / kPageSize));
    return (bits + 3) / 4;
  }

  size_t address_width() const { return format_address(GuestAddress(end_)).size(); }

  PictureStyle style_;
  size_t box_width_ = kBoxWidth;
  bool has_notes_inside_ = false;
  std::vector<Stretch> stretches_;
  std::vector<Boundary> boundaries_;  // above each
  Boundary last_boundary_;
  uint64_t end_ = 0;
};

}  // namespace

std::string draw_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, const PictureStyle& style) {
  return Picture(layout, regions, style).draw();
}

}  // namespace vm_control::vmctl
