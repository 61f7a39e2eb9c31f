// A program that stands four functions deep on its first thread's stack, which
// Linux puts at the end of the address space. It prints where they begin.
#include <stdio.h>

volatile int go = 1;
__attribute__((noinline)) void leaf(void) {
	while (go) {
	}
}
__attribute__((noinline)) void middle(void) {
	leaf();
	__asm__ volatile("");
}
__attribute__((noinline)) void outer(void) {
	middle();
	__asm__ volatile("");
}
int main(void) {
	int here = 0;
	printf("%p %p %p %p %p\n", (void *)&here, (void *)leaf, (void *)middle, (void *)outer, (void *)main);
	fflush(stdout);
	outer();
	return here;
}
