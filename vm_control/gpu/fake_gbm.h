// SPDX-License-Identifier: BSD-3-Clause
// A libgbm and a libdrm without a GPU: a program that links fake_gbm.cc gets its functions instead
// of the libraries'. Every file is a render node; every buffer is a memfd, laid out as told here.
#pragma once

#include <array>
#include <cstdint>

#include "vm_control/gpu/plane_layout.h"

namespace vm_control {

struct FakeGbm {
  // What is alive.
  int devices = 0;
  int buffers = 0;

  // What buffers look like. A driver may align more than plane_layout.h does, and usually does.
  PlaneLayout layout;
  std::array<uint32_t, kMaxGpuPlanes> handles{1, 1, 1};

  // What fails.
  bool is_render_node = true;
  bool has_driver = true;
  bool supports_format = true;
  bool creates_buffer = true;
  bool exports_buffer = true;
  bool exports_a_pipe = false;  // which has no size
  int error = 0;                // left in errno by a failure
};

// The only one; tests assign a fresh one before they start.
FakeGbm& fake_gbm();

}  // namespace vm_control
