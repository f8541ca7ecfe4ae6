// SPDX-License-Identifier: BSD-3-Clause
// The pipe that a device process writes its standard output and error to, and the VM reads.
//
// Reading never blocks. Who reads little at a time, and rests in between, slows a process that
// writes without end, and not itself.
// Threads: one at a time.
#pragma once

#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vmhost/line_relay.h"

namespace vm_control::vmhost {

class DeviceOutput {
 public:
  // Makes a pipe. Returns its reader, and its writer, of which the process gets a copy: the output
  // ends only if the caller closes the writer. Errors: EMFILE, ENFILE.
  static Result<std::pair<DeviceOutput, UniqueFd>> create();

  // Hands the lines among the next bytes, at most `limit`, to `sink`.
  void relay(size_t limit, const LineRelay::Sink& sink);

  // Hands the line that has begun to `sink`, and the number of those that were dropped.
  void finish(const LineRelay::Sink& sink);

  // Whether all that could write has gone, and all was relayed.
  bool has_ended() const { return has_ended_; }
  // Readable when there is more to relay, or all writers have gone.
  int fd() const { return pipe_.get(); }

 private:
  explicit DeviceOutput(UniqueFd pipe) : pipe_(std::move(pipe)) {}

  UniqueFd pipe_;
  LineRelay relay_;
  bool has_ended_ = false;
};

}  // namespace vm_control::vmhost
