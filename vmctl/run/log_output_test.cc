// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "vm_control/base/pipe.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/base/test_limit.h"

namespace vm_control::vmctl {
namespace {

TEST(LogOutput, TellsHowManyLinesAFullDiskTook) {
  TestDirectory directory;
  std::string path = directory.path() + "/log";
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  LogOutput log(file.get());
  log.write("first");
  // A file that may not grow fails as a disk does that is full: here after three bytes.
  std::signal(SIGXFSZ, SIG_IGN);
  {
    LowLimit limit(RLIMIT_FSIZE, 16);
    log.write("second");
    log.write("third");
  }
  log.write("fourth");
  log.write("fifth");
  std::ifstream written(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}),
            "vmctl: first\n"
            "vmc\n"
            "vmctl: 2 lines of the log could not be written\n"
            "vmctl: fourth\n"
            "vmctl: fifth\n");
}

TEST(LogOutput, WaitsForTheReaderOfADescriptorThatDoesNotBlock) {
  auto pipe = *Pipe::create();
  ASSERT_EQ(fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK), 0);
  constexpr size_t kMany = 10'000;
  std::thread writer([&] {
    LogOutput log(pipe.writer.get());
    for (size_t i = 0; i < kMany; ++i) log.write("line");
    pipe.writer.reset();
  });
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = read(pipe.reader.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  writer.join();
  EXPECT_EQ(text.size(), kMany * std::string("vmctl: line\n").size());
}

}  // namespace
}  // namespace vm_control::vmctl
