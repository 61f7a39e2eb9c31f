// A program whose thread has a known value in every register, and spins.
#include <unistd.h>

#if defined(__x86_64__)
__asm__(".text\n.globl known\nknown:\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	" movabs $0x0101010101010101*\\n,%rax\n movq %rax,%xmm\\n\n punpcklqdq %xmm\\n,%xmm\\n\n .endr\n"
	" movabs $0xabcd000000001100,%rax\n movabs $0xabcd000000001101,%rbx\n movabs $0xabcd000000001102,%rcx\n"
	" movabs $0xabcd000000001103,%rdx\n movabs $0xabcd000000001104,%rsi\n movabs $0xabcd000000001105,%rdi\n"
	" movabs $0xabcd000000001106,%rbp\n"
	" .irp n, 8,9,10,11,12,13,14,15\n movabs $0xabcd000000001100+\\n,%r\\n\n .endr\n"
	" cmp %rax,%rax\n"
	"1: nop\n jmp 1b\n");
#else
__asm__(".text\n.globl known\nknown:\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	" movi v\\n\\().16b, #\\n\n .endr\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
	" movz x\\n, #0x1100+\\n\n movk x\\n, #0xabcd, lsl #48\n .endr\n"
	" cmp x0, x0\n"
	"1: nop\n b 1b\n");
#endif
void known(void);

int main(void) {
	if (write(1, "ready\n", 6) != 6) return 1;
	known();
}
