// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/line_relay.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/printable.h"

namespace vm_control::vmhost {

void LineRelay::add(std::string_view bytes, Clock::time_point now, const Sink& sink) {
  for (;;) {
    size_t end = bytes.find('\n');
    append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    end_line(now, sink);
    bytes.remove_prefix(end + 1);
  }
}

void LineRelay::finish(Clock::time_point now, const Sink& sink) {
  if (!line_.empty()) end_line(now, sink);
  tell_dropped(sink);
}

void LineRelay::append(std::string_view bytes) {
  size_t room = kLongest - line_.size();
  is_cut_ |= bytes.size() > room;
  line_ += bytes.substr(0, room);
}

void LineRelay::end_line(Clock::time_point now, const Sink& sink) {
  std::string line = std::exchange(line_, {});
  bool was_cut = std::exchange(is_cut_, false);
  if (!limiter_.allow(now)) return;
  tell_dropped(sink);
  sink(printable(line) + (was_cut ? " (cut off)" : ""));
}

void LineRelay::tell_dropped(const Sink& sink) {
  // The limiter has suppressed what it refused.
  if (uint64_t dropped = limiter_.take_suppressed()) {
    sink(std::to_string(dropped) + (dropped == 1 ? " line dropped" : " lines dropped"));
  }
}

}  // namespace vm_control::vmhost
