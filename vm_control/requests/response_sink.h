// SPDX-License-Identifier: BSD-3-Clause
// Receives the response to a request that takes its time. It asks nothing else meanwhile.
#pragma once

#include "vm_control/protocol/response.h"

namespace vm_control {

class ResponseSink {
 public:
  virtual void on_answer(Response response) = 0;

  // Whether requests of other callers wait behind the one that is answered.
  virtual bool holds_up_others() const = 0;

 protected:
  ~ResponseSink() = default;
};

}  // namespace vm_control
