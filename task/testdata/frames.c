// A program that stands four functions deep on its first thread's stack, which
// Linux puts at the end of the address space. It prints where they begin. Return
// addresses are signed where the processor can (the instructions do nothing on
// others).
#include <stdio.h>

#if defined(__aarch64__)
#define SIGNED __attribute__((noinline, target("branch-protection=pac-ret")))
#else
#define SIGNED __attribute__((noinline))
#endif

volatile int go = 1;
SIGNED void leaf(void) {
	while (go) {
	}
}
SIGNED void middle(void) {
	leaf();
	__asm__ volatile("");
}
SIGNED void outer(void) {
	middle();
	__asm__ volatile("");
}
SIGNED int main(void) {
	int here = 0;
	printf("%p %p %p %p %p\n", (void *)&here, (void *)leaf, (void *)middle, (void *)outer, (void *)main);
	fflush(stdout);
	outer();
	return here;
}
