// SPDX-License-Identifier: BSD-3-Clause
// A client that does ordinary things and measures how long they take, while others attack.
#pragma once

#include <chrono>
#include <vector>

#include "tests/hostile/test_server_process.h"

namespace vm_control {

// How long something took, each time.
class Durations {
 public:
  using Duration = std::chrono::steady_clock::duration;

  void add(Duration each) { all_.push_back(each); }
  // The time within which `share` of them were done, 0 to 1.
  Duration percentile(double share) const;
  size_t count() const { return all_.size(); }

 private:
  std::vector<Duration> all_;
};

struct HonestTimes {
  Durations status;
  Durations map;
  Durations unmap;
  Durations ioevent;
  Durations connect;
};

// Does each thing again and again for `time`, with a short pause between.
HonestTimes measure_honest(ServerProcess& server, std::chrono::milliseconds time);

// By how much a build with sanitizers may be slower.
int sanitizer_factor();

}  // namespace vm_control
