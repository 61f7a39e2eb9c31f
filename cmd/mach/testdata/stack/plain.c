// A recursion of 50 calls that waits at its end. Each has values that a call must keep,
// so that registers are saved.
#include <unistd.h>

static volatile int keep;

__attribute__((noinline)) int bottom(int n) {
	for (;;) keep += n + pause();
}

__attribute__((noinline)) int deeper(int n, int a, int b, int c) {
	char room[64];
	room[n % 64] = (char)n;
	__asm__ volatile("" : : "r"(room) : "memory");
	if (n == 0) return bottom(a) + keep;
	return deeper(n - 1, a + b, b * c, c ^ keep) + a * b + c + room[n % 64];
}

int main(int argc, char **argv) {
	(void)argv;
	return deeper(50, argc, argc + 1, argc + 2) + keep;
}
