// SPDX-License-Identifier: BSD-3-Clause
// The handlers of exceptions and interrupts, and the tables of their addresses for the IDT.
#include "guest/address_map.h"

// The exceptions that push an error code: 8, 10 to 14, 17, 21 (Intel SDM vol. 3, table 6-1), and on
// AMD also 29 and 30.
#define HAS_ERROR_CODE 0x60227d00

  .text
  .set vector, 0
  .section .rodata
  .balign 4
  .globl exception_stubs
exception_stubs:
  .rept GUEST_FIRST_GSI_VECTOR
  .text
1:
  .if (HAS_ERROR_CODE >> vector) & 1 == 0
  pushl $0
  .endif
  pushl $vector
  jmp exception
  .section .rodata
  .long 1b
  .set vector, vector + 1
  .endr

  .text
exception:  // vector, error code, EIP
  cld
  movl 8(%esp), %edx
  popl %eax
  andl $-16, %esp
  subl $8, %esp
  pushl %edx
  pushl %eax
  call on_exception

// One handler for each GSI. It changes only the flags, and restores them, so an interrupt may come
// between any two instructions.
  .set gsi, 0
  .section .rodata
  .globl gsi_stubs
gsi_stubs:
  .rept GUEST_GSI_COUNT
  .text
1:
  incl gsi_counts + 4 * gsi
  jmp end_of_interrupt
  .section .rodata
  .long 1b
  .set gsi, gsi + 1
  .endr

  .text
end_of_interrupt:
  movl $0, GUEST_LOCAL_APIC_EOI
  .globl return_from_interrupt
// Replaces iret, which KVM without hardware virtualisation can't do in protected mode. popfl
// restores the flags with interrupts still off, and the CPU takes no interrupt right after sti.
// Otherwise, in a storm, every handler would start on top of one that is about to return.
return_from_interrupt:  // EIP, CS, EFLAGS
  pushl 8(%esp)
  andl $~0x200, (%esp)
  popfl
  sti
  lret $4

  .section .note.GNU-stack, "", @progbits
