// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/socket_spec.h"

#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

// Cuts the text up to the next comma off `rest`.
std::string_view take_part(std::string_view& rest) {
  size_t comma = rest.find(',');
  std::string_view part = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return part;
}

Result<void> apply(SocketSpec& spec, std::string_view option) {
  if (option == "type=seqpacket") {
    spec.type = SocketType::kSeqpacket;
  } else if (option == "type=datagram") {
    spec.type = SocketType::kDatagram;
  } else {
    return fail(EINVAL, "take as an option of a socket (type=seqpacket or type=datagram)",
                "'" + std::string(option) + "'");
  }
  return {};
}

}  // namespace

Result<SocketSpec> SocketSpec::parse(std::string_view text) {
  SocketSpec spec;
  spec.path = take_part(text);
  if (spec.path.empty()) return fail(EINVAL, "serve a socket without a path");
  while (!text.empty()) TRY(apply(spec, take_part(text)));
  return spec;
}

}  // namespace vm_control::vmctl
