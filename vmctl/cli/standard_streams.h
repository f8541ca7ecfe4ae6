// SPDX-License-Identifier: BSD-3-Clause
// The file descriptors 0 to 2.
#pragma once

namespace vm_control::vmctl {

// Opens those that are closed, on /dev/null. Otherwise the next file or socket would get such a
// number, and what is printed would go into it. So this comes before anything else.
// Returns false if there is no /dev/null.
bool open_standard_streams();

}  // namespace vm_control::vmctl
