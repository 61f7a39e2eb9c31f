// A process with memory and registers that a test knows: a second thread spins with
// a value in every register, the first waits for input. It prints the address of
// 64 KiB of a pattern and that of an untouched mapping of 32 MiB, of which one byte
// in the middle is set.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
__asm__(".text\n.globl known\nknown:\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	" movabs $0x0101010101010101*\\n,%rax\n movq %rax,%xmm\\n\n punpcklqdq %xmm\\n,%xmm\\n\n .endr\n"
	" movabs $0xabcd000000001100,%rax\n movabs $0xabcd000000001101,%rbx\n movabs $0xabcd000000001102,%rcx\n"
	" movabs $0xabcd000000001103,%rdx\n movabs $0xabcd000000001104,%rsi\n movabs $0xabcd000000001105,%rdi\n"
	" movabs $0xabcd000000001106,%rbp\n"
	" .irp n, 8,9,10,11,12,13,14,15\n movabs $0xabcd000000001100+\\n,%r\\n\n .endr\n"
	" movl $1,ready(%rip)\n"
	"1: nop\n jmp 1b\n");
#else
__asm__(".text\n.globl known\nknown:\n"
	" adrp x0, ready\n mov w1, #1\n str w1, [x0, #:lo12:ready]\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	" movi v\\n\\().16b, #\\n\n .endr\n"
	" .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
	" movz x\\n, #0x1100+\\n\n movk x\\n, #0xabcd, lsl #48\n .endr\n"
	"1: nop\n b 1b\n");
#endif
void *known(void *);
volatile int ready;

int main(void) {
	unsigned char *p = malloc(1 << 16);
	for (int i = 0; i < 1 << 16; i++) p[i] = (unsigned char)(i * 7 + (i >> 8) + 42);
	char *big = mmap(0, 1 << 25, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *none = mmap(0, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	big[1 << 24] = 42;
	pthread_t t;
	pthread_create(&t, 0, known, 0);
	while (!ready) usleep(1000);
	usleep(10000);
	printf("%p %p %p\n", (void *)p, (void *)big, none);
	fflush(stdout);
	while (getchar() != EOF) {}
	return 0;
}
