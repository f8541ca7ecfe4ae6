// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/test_invariants.h"

#include <algorithm>

#include "vm_control/base/check.h"

namespace vm_control::vmm {
namespace {

void check_segment(const LinuxImage::Segment& segment, std::span<const std::byte> file) {
  CHECK(segment.range.start().value() >= LinuxImage::kLowest);
  CHECK(segment.range.last().value() < LinuxImage::kEnd);
  CHECK(segment.content.size() <= segment.range.size());
  CHECK(segment.content.data() >= file.data());
  CHECK(segment.content.data() + segment.content.size() <= file.data() + file.size());
}

bool has_content_at(const LinuxImage::Segment& segment, GuestAddress address) {
  return segment.range.contains(address) &&
         address.value() - segment.range.start().value() < segment.content.size();
}

}  // namespace

void check_invariants(const LinuxImage& image, std::span<const std::byte> file) {
  for (const LinuxImage::Segment& each : image.segments) check_segment(each, file);
  for (size_t next = 1; next < image.segments.size(); ++next) {
    CHECK(image.segments[next - 1].range.last() < image.segments[next].range.start());
  }
  CHECK(std::ranges::any_of(image.segments,
                            [&](const auto& each) { return has_content_at(each, image.entry); }));
}

}  // namespace vm_control::vmm
