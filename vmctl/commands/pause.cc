// SPDX-License-Identifier: BSD-3-Clause
// vmctl pause VM..., vmctl resume VM...
#include <memory>
#include <string>
#include <vector>

#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"

namespace vm_control::vmctl {
namespace {

// The two differ in what they ask, and in what the VM is then.
struct Command {
  const char* name;
  const char* description;
  const char* result;
  CallResult<> (Client::*call)();
};

constexpr Command kPause{"pause", "Stop the guests of VMs until they are resumed", "paused",
                         &Client::pause};
constexpr Command kResume{"resume", "Let the guests of VMs go on", "running", &Client::resume};

const Refusals& refusals() {
  static const Refusals all{{ESRCH, "its guest has stopped"},
                            {ECANCELED, "somebody resumed it meanwhile"}};
  return all;
}

ExitStatus call_all(const Context& context, const Command& command,
                    const std::vector<std::string>& names) {
  return for_each_vm(names, [&](const std::string& name) {
    auto ask = [&](Client& vm) { return (vm.*command.call)(); };
    ExitStatus status = with_extended_vm(context, name, command.name, ask, refusals());
    if (status == kDone) {
      print_result(context, name + ": " + command.result,
                   {{"vm", name}, {"state", command.result}});
    }
    return status;
  });
}

void add(CLI::App& app, Context& context, const Command& command) {
  auto* subcommand = app.add_subcommand(command.name, command.description);
  auto names = std::make_shared<std::vector<std::string>>();
  subcommand->add_option("VM", *names, "Names or socket paths")->required();
  subcommand->callback([names, &context, &command] {
    context.run = [names, &context, &command] { return call_all(context, command, *names); };
  });
}

}  // namespace

void add_pause(CLI::App& app, Context& context) {
  add(app, context, kPause);
}

void add_resume(CLI::App& app, Context& context) {
  add(app, context, kResume);
}

}  // namespace vm_control::vmctl
