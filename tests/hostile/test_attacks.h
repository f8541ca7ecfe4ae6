// SPDX-License-Identifier: BSD-3-Clause
// Hostile clients do this until they are killed: the attacks of the chaos run.
#pragma once

#include <span>
#include <string>

namespace vm_control {

struct Attack {
  const char* name;
  // Attacks the server at `path`. Returns when its connection is lost or it can't go on.
  void (*run)(const std::string& path);
};

std::span<const Attack> all_attacks();

// The attack of that name.
const Attack& attack(const char* name);

}  // namespace vm_control
