// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/quota_spec.h"

#include <limits>
#include <string>

#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/run/option_list.h"

namespace vm_control::vmctl {
namespace {

// An option that sets `amount`, which outlives the option.
template <class Amount>
ListedOption option(std::string_view name, Amount& amount) {
  return {name, [&amount](std::string_view text) -> Result<void> {
            uint64_t value = TRY(parse_size(text));
            if (value > std::numeric_limits<Amount>::max()) {
              return fail(ERANGE, "have a quota of 4294967296 or more:", std::string(text));
            }
            amount = static_cast<Amount>(value);
            return {};
          }};
}

}  // namespace

Result<Resources> parse_quota(std::string_view text, const Resources& defaults) {
  Resources quota = defaults;
  const ListedOption options[] = {
      option("sessions", quota.sessions),   option("regions", quota.regions),
      option("events", quota.events),       option("unanswered", quota.unanswered),
      option("in_flight", quota.in_flight), option("bytes", quota.bytes),
      option("detached", quota.detached),   option("in_flight_bytes", quota.in_flight_bytes)};
  TRY(apply_options(text, options));
  if (quota.unanswered == 0)
    return fail(EINVAL, "serve requests with a quota of 0 unanswered ones");
  return quota;
}

}  // namespace vm_control::vmctl
