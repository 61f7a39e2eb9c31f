// Calls of getppid with a known number of instructions between them, by one thread or by two.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *few(void *a) {
	for (int i = 0; i < 50; i++) {
		__asm__ volatile(".rept 500\n nop\n .endr");
		getppid();
	}
	return a;
}
static void *many(void *a) {
	for (int i = 0; i < 50; i++) {
		__asm__ volatile(".rept 500\n nop\n .endr\n .rept 1000\n nop\n .endr");
		getppid();
	}
	return a;
}

int main(int argc, char **argv) {
	void *(*f)(void *) = atoi(argv[1]) == 500 ? few : many;
	pthread_t t;
	if (argc > 2) pthread_create(&t, 0, f, 0);
	f(0);
	if (argc > 2) pthread_join(t, 0);
	return 0;
}
