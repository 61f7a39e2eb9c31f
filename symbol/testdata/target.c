// A recursion of 50 calls, and a handler of a signal below them that waits; it says
// where two of its functions are.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile int keep;
int deeper(int n);

static void handler(int sig) {
	printf("%p %p\n", (void *)deeper, (void *)handler);
	fflush(stdout);
	for (;;) keep += sig + pause();
}

__attribute__((noinline)) int deeper(int n) {
	char room[64];
	room[n % 64] = (char)n;
	__asm__ volatile("" : : "r"(room) : "memory");
	if (n == 0) {
		kill(getpid(), SIGUSR1);
		return keep;
	}
	return deeper(n - 1) + room[n % 64];
}

int main(void) {
	signal(SIGUSR1, handler);
	return deeper(50) + keep;
}
