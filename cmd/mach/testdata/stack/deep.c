// A recursion of 50 calls that ends in a handler of a signal, which waits.
#include <signal.h>
#include <unistd.h>

static volatile int keep;

static inline __attribute__((always_inline)) void wait_here(int n) {
	if (write(1, "ready\n", 6) == 6)
		for (;;) keep += n + pause();
}

static void handler(int sig) { wait_here(sig); }

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
