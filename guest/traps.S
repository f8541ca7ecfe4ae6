// SPDX-License-Identifier: BSD-3-Clause
// Where the CPU goes on exceptions and interrupts, and the tables of these addresses that the IDT
// is made of.
#include "guest/address_map.h"

// Which exceptions push an error code (Intel SDM vol. 3, table 6-1): 8, 10 to 14, 17, 21; and on
// AMD 29 and 30.
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

// One handler a GSI. It changes no register but the flags, and those it restores, so an interrupt may
// come between any two instructions.
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
// Stands for iret, which KVM without hardware virtualisation can't do in protected mode. The flags
// come back with interrupts still off, and the instruction after sti is never interrupted:
// otherwise, in a storm, every handler would start on top of the one that is about to return.
return_from_interrupt:  // EIP, CS, EFLAGS
  pushl 8(%esp)
  andl $~0x200, (%esp)
  popfl
  sti
  lret $4

  .section .note.GNU-stack, "", @progbits
