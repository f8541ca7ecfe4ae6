// SPDX-License-Identifier: BSD-3-Clause
// usage: chaos SECONDS
//
// Measures an honest client: alone, beside processes that only use the processors, and beside
// hostile clients of several users, of which some are killed, paused and replaced all the time.
// Prints a table. The status is 1 if the honest client was refused something or served late, or if
// what the hostile ones held does not come back.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "tests/hostile/test_attacks.h"
#include "tests/hostile/test_honest_client.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

constexpr size_t kHostile = 12;
constexpr uid_t kStranger = 4720;
const std::vector<uid_t> kUsers = {4711, 4712, 4713, 4714};

class Chaos {
 public:
  Chaos() : server_({.uids = kUsers}) {}

  void load() {
    children_.clear();
    while (children_.size() < kHostile) {
      children_.push_back(TestChild::at_low_priority([] {}));
    }
  }

  // Makes hostile clients come, pause, go on and go until `end`, in a process of its own.
  void attack() {
    children_.clear();
    children_.emplace_back([this] {
      std::vector<TestChild> hostile;
      for (;;) {
        if (hostile.size() < kHostile) hostile.push_back(start_hostile());
        TestChild& any = hostile[random_() % hostile.size()];
        switch (random_() % 8) {
          case 0:
            std::swap(any, hostile.back());
            hostile.pop_back();
            break;
          case 1:
            any.signal(SIGSTOP);
            break;
          default:
            any.signal(SIGCONT);
        }
        std::this_thread::sleep_for(milliseconds(50));
      }
    });
  }

  void stop() { children_.clear(); }
  ServerProcess& server() { return server_; }

 private:
  TestChild start_hostile() {
    const Attack& attack = all_attacks()[random_() % all_attacks().size()];
    size_t user = random_() % (kUsers.size() + 2);
    return TestChild([this, &attack, user] {
      setpriority(PRIO_PROCESS, 0, 19);
      // Root stays who it is in one case of six.
      bool is_listed = user < kUsers.size();
      if (user <= kUsers.size() && setuid(is_listed ? kUsers[user] : kStranger) < 0) return;
      TestChild::die_with_owner();
      for (;;) attack.run(server_.path());
    });
  }

  ServerProcess server_;
  std::mt19937 random_{std::random_device()()};
  std::vector<TestChild> children_;
};

double in_ms(Durations::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string row_of(const char* what, const HonestTimes& times) {
  std::string row = fmt::format("| {} |", what);
  for (const Durations* each :
       {&times.status, &times.map, &times.unmap, &times.ioevent, &times.connect}) {
    row += fmt::format(" {:.2f} / {:.2f} / {:.2f} |", in_ms(each->percentile(0.5)),
                       in_ms(each->percentile(0.99)), in_ms(each->percentile(1)));
  }
  return row;
}

// Whether 99 of 100 took no more than three times as long as under load, or than 20 ms.
bool is_bearable(const HonestTimes& loaded, const HonestTimes& attacked) {
  auto bearable = [](const Durations& before, const Durations& now) {
    Durations::Duration least = milliseconds(20) * sanitizer_factor();
    return now.percentile(0.99) <= std::max(least, 3 * before.percentile(0.99));
  };
  return bearable(loaded.status, attacked.status) && bearable(loaded.map, attacked.map) &&
         bearable(loaded.unmap, attacked.unmap) && bearable(loaded.ioevent, attacked.ioevent) &&
         bearable(loaded.connect, attacked.connect);
}

int run(milliseconds time) {
  Chaos chaos;
  milliseconds calm = std::min<milliseconds>(time / 6, std::chrono::seconds(30));
  Footprint before = chaos.server().footprint();
  HonestTimes idle = measure_honest(chaos.server(), calm);
  chaos.load();
  HonestTimes loaded = measure_honest(chaos.server(), calm);
  chaos.attack();
  HonestTimes attacked = measure_honest(chaos.server(), time - 2 * calm);
  chaos.stop();
  Footprint after = chaos.server().footprint_after(before);
  std::cout << "milliseconds: p50 / p99 / max\n\n"
            << "| | status | map | unmap | ioevent | connect |\n|---|---|---|---|---|---|\n"
            << row_of("idle", idle) << "\n"
            << row_of("processors busy", loaded) << "\n"
            << row_of("chaos", attacked) << "\n\n"
            << attacked.status.count() << " rounds of the honest client in the chaos\n";
  if (!(after == before)) {
    std::cout << "the server has not let go of all: " << testing::PrintToString(after)
              << ", before " << testing::PrintToString(before) << "\n";
    return 1;
  }
  if (testing::Test::HasFailure()) return 1;
  if (is_bearable(loaded, attacked)) return 0;
  std::cout << "the honest client was served late\n";
  return 1;
}

}  // namespace
}  // namespace vm_control

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int seconds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (seconds <= 0) {
    std::cerr << "usage: chaos SECONDS\n";
    return 2;
  }
  return vm_control::run(std::chrono::seconds(seconds));
}
