// SPDX-License-Identifier: BSD-3-Clause
// Lets iasl, the compiler of ACPI's reference implementation, read the tables.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "vm_control/base/test_directory.h"
#include "vmm/acpi/acpi_tables.h"
#include "vmm/acpi/test_tables.h"

namespace vm_control::vmm {
namespace {

class Iasl : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs("iasl -v")) GTEST_SKIP() << "iasl is not installed (package acpica-tools)";
    AcpiConfig config{.cpus = 17, .power_button_gsi = 11, .virtio = {}};
    for (uint32_t each = 0; each < 20; ++each) {
      auto registers = GuestRange::create(GuestAddress(0xc000'0000 + each * 0x1000), 0x1000);
      config.virtio.push_back({.registers = *registers, .gsi = 5 + each % 10});
    }
    bytes_ = *acpi_tables(config, kTablesStart);
    FoundTables found(bytes_, kTablesStart);
    for (const auto& [signature, table] : found.all()) {
      std::ofstream(directory_.path() + "/" + signature + ".dat", std::ios::binary)
          .write(reinterpret_cast<const char*>(table.data()),
                 static_cast<std::streamsize>(table.size()));
    }
  }

  // Runs it in the directory of the tables.
  bool runs(const std::string& command) const {
    return std::system(("cd " + directory_.path() + " && " + command + " >>log 2>&1").c_str()) == 0;
  }

  std::string text_of(const std::string& name) const {
    std::ifstream file(directory_.path() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestDirectory directory_;
  std::vector<std::byte> bytes_;
};

TEST_F(Iasl, FindsNothingWrongWhenItReadsTheTables) {
  for (const char* each : {"XSDT", "FACP", "APIC", "DSDT"}) {
    EXPECT_TRUE(runs(std::string("iasl -d ") + each + ".dat")) << text_of("log");
    std::string source = text_of(std::string(each) + ".dsl");
    EXPECT_NE(source.find(each), std::string::npos);
    EXPECT_EQ(source.find("Incorrect checksum"), std::string::npos) << source;
  }
  EXPECT_EQ(text_of("log").find("Warning"), std::string::npos) << text_of("log");
}

TEST_F(Iasl, CompilesWhatItHasRead) {
  ASSERT_TRUE(runs("iasl -d DSDT.dat")) << text_of("log");
  // -we: a warning is an error.
  EXPECT_TRUE(runs("iasl -we -p again DSDT.dsl")) << text_of("log");
  std::string again = text_of("again.aml");
  auto dsdt = FoundTables(bytes_, kTablesStart).at("DSDT");
  // All but the header, in which iasl names itself.
  constexpr size_t kHeader = 36;
  ASSERT_EQ(again.size(), dsdt.size());
  EXPECT_EQ(again.substr(kHeader), text_at(dsdt, kHeader, dsdt.size() - kHeader));
}

TEST_F(Iasl, ReadsDevicesAndTheirResources) {
  ASSERT_TRUE(runs("iasl -d DSDT.dat")) << text_of("log");
  std::string source = text_of("DSDT.dsl");
  for (const char* each :
       {"EisaId (\"PNP0501\")", "\"LNRO0005\"", "\"ACPI0013\"", "\"QEMU0001\"", "\"ACPI0007\"",
        "Method (_EVT, 1, Serialized)", "Notify (PWRB, 0x80)", "0xC0013000,", "0x00001000,",
        "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive"}) {
    EXPECT_NE(source.find(each), std::string::npos) << each;
  }
}

}  // namespace
}  // namespace vm_control::vmm
