// SPDX-License-Identifier: BSD-3-Clause
// A libgbm and a libdrm without a GPU: a program that links fake_gbm.cc gets its functions instead
// of the libraries'. Every file is a render node, and every buffer is a memfd with the layout given
// here.
#pragma once

#include <array>
#include <cstdint>

#include "vm_control/gpu/plane_layout.h"

namespace vm_control {

struct FakeGbm {
  // The numbers of objects that are alive.
  int devices = 0;
  int buffers = 0;

  // The layout of the buffers. A driver may align more than plane_layout.h does, and usually does.
  PlaneLayout layout;
  std::array<uint32_t, kMaxGpuPlanes> handles{1, 1, 1};

  // The calls that succeed.
  bool is_render_node = true;
  bool has_driver = true;
  bool supports_format = true;
  bool creates_buffer = true;
  bool exports_buffer = true;
  bool exports_a_pipe = false;  // a pipe has no size
  int error = 0;                // the errno of a call that fails
};

// The only instance. Tests assign a fresh FakeGbm to it before they start.
FakeGbm& fake_gbm();

}  // namespace vm_control
