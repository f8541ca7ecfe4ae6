// SPDX-License-Identifier: BSD-3-Clause
// Receives the response to a request that takes its time. It asks nothing else meanwhile.
#pragma once

#include <vector>

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

// Removes those of `waiting` that fit `condition`, and returns their sinks. A sink that has its
// answer may ask again at once, so the caller answers them when the list is whole again.
template <class Waiting, class Condition>
std::vector<ResponseSink*> take_sinks(std::vector<Waiting>& waiting, Condition condition) {
  std::vector<ResponseSink*> taken;
  std::erase_if(waiting, [&](const Waiting& each) {
    bool ends = condition(each);
    if (ends) taken.push_back(each.sink);
    return ends;
  });
  return taken;
}

}  // namespace vm_control
