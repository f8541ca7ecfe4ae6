// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/acpi/acpi_tables.h"

#include <gtest/gtest.h>

#include "vmm/acpi/test_tables.h"

namespace vm_control::vmm {
namespace {

AcpiConfig config_of(uint32_t cpus) {
  auto registers = GuestRange::create(GuestAddress(0xc000'1000), 0x1000);
  return {.cpus = cpus, .power_button_gsi = 7, .virtio = {{.registers = *registers, .gsi = 5}}};
}

TEST(AcpiTables, LeadFromTheRootToAllOfThem) {
  auto bytes = acpi_tables(config_of(1), kTablesStart);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(text_at(*bytes, 0, 8), "RSD PTR ");
  EXPECT_EQ(number_at<uint8_t>(*bytes, 15), 2);    // the revision with 64-bit addresses
  EXPECT_EQ(number_at<uint32_t>(*bytes, 16), 0u);  // no RSDT
  EXPECT_EQ(number_at<uint32_t>(*bytes, 20), 36u);
  FoundTables found(*bytes, kTablesStart);
  EXPECT_EQ(found.all().size(), 4u);
  for (const char* each : {"XSDT", "FACP", "APIC", "DSDT"}) EXPECT_TRUE(found.all().contains(each));
}

TEST(AcpiTables, HaveChecksumsOfZero) {
  auto bytes = acpi_tables(config_of(3), kTablesStart);
  EXPECT_EQ(sum_of(std::span(*bytes).first(20)), 0u);
  EXPECT_EQ(sum_of(std::span(*bytes).first(36)), 0u);
  FoundTables found(*bytes, kTablesStart);
  for (const auto& [signature, table] : found.all()) {
    EXPECT_EQ(sum_of(table), 0u) << signature;
  }
}

TEST(AcpiTables, SayThatThisIsHardwareReducedAndWhatThereIsNot) {
  auto bytes = acpi_tables(config_of(1), kTablesStart);
  auto fadt = FoundTables(*bytes, kTablesStart).at("FACP");
  ASSERT_EQ(fadt.size(), 276u);
  EXPECT_EQ(number_at<uint8_t>(fadt, 8), 6);
  EXPECT_EQ(number_at<uint16_t>(fadt, 109), 0x3c);
  EXPECT_TRUE(number_at<uint32_t>(fadt, 112) & 1 << 20);
}

struct PortRegister {
  size_t offset;
  uint64_t port;
};

TEST(AcpiTables, SayHowToResetAndToSwitchOff) {
  auto bytes = acpi_tables(config_of(1), kTablesStart);
  auto fadt = FoundTables(*bytes, kTablesStart).at("FACP");
  EXPECT_TRUE(number_at<uint32_t>(fadt, 112) & 1 << 10);
  EXPECT_EQ(number_at<uint8_t>(fadt, 128), 0xfe);
  for (auto [offset, port] : {PortRegister{116, 0x64}, {244, 0x600}, {256, 0x601}}) {
    EXPECT_EQ(number_at<uint32_t>(fadt, offset), 0x0100'0801u);  // an I/O port of 8 bits
    EXPECT_EQ(number_at<uint64_t>(fadt, offset + 4), port);
  }
}

TEST(AcpiTables, NameEachCpuAndTheIoApic) {
  auto bytes = acpi_tables(config_of(3), kTablesStart);
  auto madt = FoundTables(*bytes, kTablesStart).at("APIC");
  ASSERT_EQ(madt.size(), 44u + 3 * 8 + 12 + 6);
  EXPECT_EQ(number_at<uint32_t>(madt, 36), 0xfee0'0000u);
  EXPECT_EQ(number_at<uint32_t>(madt, 40), 0u);  // no PICs
  for (uint8_t cpu = 0; cpu < 3; ++cpu) {
    size_t offset = 44 + size_t{cpu} * 8;
    EXPECT_EQ(number_at<uint16_t>(madt, offset), 0x0800);
    EXPECT_EQ(number_at<uint8_t>(madt, offset + 2), cpu);
    EXPECT_EQ(number_at<uint8_t>(madt, offset + 3), cpu);
    EXPECT_EQ(number_at<uint32_t>(madt, offset + 4), 1u);
  }
  EXPECT_EQ(number_at<uint16_t>(madt, 68), 0x0c01);
  EXPECT_EQ(number_at<uint32_t>(madt, 72), 0xfec0'0000u);
  EXPECT_EQ(number_at<uint32_t>(madt, 76), 0u);
  EXPECT_EQ(number_at<uint16_t>(madt, 80), 0x0604);
}

TEST(AcpiTables, OfAsManyCpusAndDevicesAsThereCanBeAreReachable) {
  AcpiConfig config = config_of(kMostAcpiCpus);
  config.virtio.resize(kMostAcpiVirtioDevices, config.virtio.front());
  auto bytes = acpi_tables(config, kTablesStart);
  ASSERT_TRUE(bytes);
  auto dsdt = FoundTables(*bytes, kTablesStart).at("DSDT");
  EXPECT_NE(text_at(dsdt, 0, dsdt.size()).find("VFFF"), std::string::npos);
}

TEST(AcpiTables, OfTooManyCpusOrDevicesAreRefused) {
  EXPECT_EQ(acpi_tables(config_of(0), kTablesStart).error().code(), EINVAL);
  EXPECT_EQ(acpi_tables(config_of(kMostAcpiCpus + 1), kTablesStart).error().code(), EINVAL);
  AcpiConfig config = config_of(1);
  config.virtio.resize(kMostAcpiVirtioDevices + 1, config.virtio.front());
  EXPECT_EQ(acpi_tables(config, kTablesStart).error().code(), EINVAL);
}

}  // namespace
}  // namespace vm_control::vmm
