// SPDX-License-Identifier: BSD-3-Clause
// vmctl pause VM..., vmctl resume VM...
#include <memory>
#include <string>
#include <vector>

#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

// A request to change the state of a VM.
struct Change {
  const char* name;
  const char* description;
  const char* result;
  CallResult<> (Client::*call)();
};

constexpr Change kPause{"pause", "Stop the guests of VMs until they are resumed", "paused",
                        &Client::pause};
constexpr Change kResume{"resume", "Resume the guests of VMs", "running", &Client::resume};

const Refusals& refusals() {
  static const Refusals all{{ESRCH, "its guest has stopped"},
                            {ECANCELED, "somebody resumed it meanwhile"}};
  return all;
}

ExitStatus call_all(const Context& context, const Change& change,
                    const std::vector<std::string>& names) {
  return for_each_vm(names, [&](const std::string& name) {
    auto ask = [&](Client& vm) { return (vm.*change.call)(); };
    ExitStatus status = with_extended_vm(context, name, change.name, ask, refusals());
    if (status == kDone) {
      print_done(context, name + ": " + change.result, {{"vm", name}, {"state", change.result}});
    }
    return status;
  });
}

void add(Command root, const Context& context, const Change& change) {
  Command command = root.add_subcommand(change.name, change.description);
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_argument("VM", *names, "Names or socket paths");
  command.on_run([names, &context, &change] { return call_all(context, change, *names); });
}

}  // namespace

void add_pause(Command root, const Context& context) {
  add(root, context, kPause);
}

void add_resume(Command root, const Context& context) {
  add(root, context, kResume);
}

}  // namespace vm_control::vmctl
