// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/layout_picture.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <sstream>

#include "vm_control/base/page.h"
#include "vmctl/cli/layout_boxes.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/text_size.h"

namespace vm_control::vmctl {
namespace {

constexpr size_t kBoxWidth = 29;
constexpr size_t kMinBoxWidth = 8;

class Picture {
 public:
  Picture(const LayoutBoxes& content, const PictureStyle& style)
      : content_(content), style_(style) {
    choose_width();
  }

  std::string draw() const {
    std::string text;
    for (const Box& box : content_.boxes) {
      bool has_line = !style_.is_compact || !box.boundary.note.empty();
      if (has_line) text += draw_boundary(box.start, box.boundary);
      text += draw_box(box);
    }
    return text + draw_boundary(content_.end(), content_.last_boundary);
  }

 private:
  // Notes stand beside the boxes if there is room, and in them otherwise.
  void choose_width() {
    size_t longest = 0;
    for (const Box& each : content_.boxes) {
      longest = std::max({longest, each.boundary.note.size(), note_width(each)});
    }
    size_t left = style_.columns - std::min(style_.columns, address_width() + 3);
    has_notes_inside_ = left < kBoxWidth + 2 + longest;
    box_width_ = has_notes_inside_ ? std::max(left, kMinBoxWidth) : kBoxWidth;
  }

  size_t note_width(const Box& box) const {
    size_t width = 0;
    for (const std::string& note : notes_of(box)) width = std::max(width, note.size());
    return width;
  }

  std::vector<std::string> notes_of(const Box& box) const {
    if (!style_.is_compact || box.notes.size() < 2) return box.notes;
    return {box.notes[0] + "  " + box.notes[1]};
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

  std::string draw_box(const Box& box) const {
    std::vector<std::string> inside = lines_in(box.name);
    std::vector<std::string> beside;
    for (const std::string& note : notes_of(box)) {
      std::vector<std::string> lines = has_notes_inside_ ? lines_in(note) : std::vector{note};
      std::ranges::copy(lines, std::back_inserter(has_notes_inside_ ? inside : beside));
    }
    size_t height = std::max({inside.size(), beside.size(), height_of(box)});
    inside.resize(height);
    beside.resize(height);
    std::string address = style_.is_compact ? format_address(GuestAddress(box.start)) : "";
    std::string text;
    for (size_t i = 0; i < height; ++i) {
      text += row(i == 0 ? address : "", box.is_space ? ':' : '|', inside[i], beside[i]);
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
  size_t height_of(const Box& box) const {
    if (box.is_space || style_.is_compact) return 1;
    auto bits = static_cast<size_t>(std::bit_width((box.end - box.start) / kPageSize));
    return (bits + 3) / 4;
  }

  size_t address_width() const { return format_address(GuestAddress(content_.end())).size(); }

  const LayoutBoxes& content_;
  PictureStyle style_;
  size_t box_width_ = kBoxWidth;
  bool has_notes_inside_ = false;
};

}  // namespace

std::string draw_boxes(const std::vector<RegionInfo>& layout,
                       const std::vector<RegionInfo>& regions, const PictureStyle& style) {
  LayoutBoxes boxes = make_boxes(layout, regions, style.group);
  return Picture(boxes, style).draw();
}

}  // namespace vm_control::vmctl
