// SPDX-License-Identifier: BSD-3-Clause
// The first instructions: they load segments, clear .bss, set up a stack and call C++.
#include "guest/address_map.h"

  .section .text.entry, "ax"
  .globl guest_entry
guest_entry:
  cli
  cld
  lgdt gdt_pointer
  ljmp $GUEST_CODE_SELECTOR, $1f
1:
  movl $GUEST_DATA_SELECTOR, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %fs
  movl %eax, %gs
  movl %eax, %ss

  movl %ecx, %edx  // keeps the machine's ECX, as the loop below needs the register
  movl $bss_start, %edi
  movl $bss_end, %ecx
  subl %edi, %ecx
  shrl $2, %ecx
  xorl %eax, %eax
  rep stosl

  movl $stack_top, %esp
  pushl %eax  // the ABI wants 16-byte alignment before the call
  pushl %eax
  pushl %edx
  pushl %ebx
  call monitor_main
2:
  cli
  hlt
  jmp 2b

  .section .rodata
  .balign 8
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff  // GUEST_CODE_SELECTOR: base 0, 4 GiB, execute and read, accessed
  .quad 0x00cf93000000ffff  // GUEST_DATA_SELECTOR: base 0, 4 GiB, read and write, accessed
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt

  .bss
  .balign 16
  .globl stack_bottom
stack_bottom:
  .skip 16384
stack_top:

  .section .note.GNU-stack, "", @progbits
