// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/socket_spec.h"

#include <algorithm>

#include "vm_control/base/try.h"
#include "vmctl/run/policy_options.h"

namespace vm_control::vmctl {
namespace {

Result<void> set_type(vmhost::SocketSpec& spec, std::string_view text) {
  if (text == "seqpacket") {
    spec.type = SocketType::kSeqpacket;
  } else if (text == "datagram") {
    spec.type = SocketType::kDatagram;
  } else {
    return fail(EINVAL, "serve a socket of",
                "'type=" + std::string(text) + "' (seqpacket or datagram)");
  }
  return {};
}

}  // namespace

Result<vmhost::SocketSpec> parse_socket_spec(std::string_view text) {
  vmhost::SocketSpec spec;
  size_t comma = text.find(',');
  spec.path = text.substr(0, comma);
  if (spec.path.empty()) return fail(EINVAL, "serve a socket without a path");
  if (comma == std::string_view::npos) return spec;
  const ListedOption options[] = {
      {"type", [&spec](std::string_view value) { return set_type(spec, value); }},
      allow_option(spec.policy),
      uid_option(spec.policy),
      mode_option(spec.policy),
      sealing_option(spec.policy),
      doorbells_option(spec.policy)};
  TRY(apply_options(text.substr(comma + 1), options));
  return spec;
}

}  // namespace vm_control::vmctl
