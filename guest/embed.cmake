# SPDX-License-Identifier: BSD-3-Clause
# Turns the file INPUT into the C++ source OUTPUT, which defines it as an array of bytes.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: BSD-3-Clause
#include \"guest/monitor_image_data.h\"

namespace vm_control::guest {
extern const unsigned char kMonitorImage[] = {
${bytes}};
extern const std::size_t kMonitorImageSize = sizeof(kMonitorImage);
}  // namespace vm_control::guest
")
