// The target of the tests: threads parked in known functions with known
// values in the registers that a function must preserve.
//
//	target park       two threads, in functions alpha and beta
//	target many N     N threads in alpha, the i-th with i times 0x100000001
//	target leave      one thread that ends when a byte comes in
//
// Each prints "ready" with the addresses of the two functions, and then a
// heartbeat every 5 ms. It ends when standard input does.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

volatile int parked; // how many threads stand in alpha and beta

#if defined(__x86_64__)
#define PARK(name) \
	__asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":\n" \
		" mov %rdi,%rbx\n lea 1(%rdi),%r12\n lea 2(%rdi),%r13\n lea 3(%rdi),%r14\n lea 4(%rdi),%r15\n" \
		" lock incl parked(%rip)\n" \
		"1: mov $34,%eax\n syscall\n jmp 1b\n" \
		".globl " #name "_end\n" #name "_end:\n")
#else
#define PARK(name) \
	__asm__(".text\n.globl " #name "\n.type " #name ",%function\n" #name ":\n" \
		" mov x19,x0\n add x20,x0,1\n add x21,x0,2\n add x22,x0,3\n add x23,x0,4\n" \
		" adrp x1,parked\n add x1,x1,:lo12:parked\n2: ldaxr w2,[x1]\n add w2,w2,1\n stlxr w3,w2,[x1]\n cbnz w3,2b\n" \
		"1: mov x8,73\n mov x0,0\n mov x1,0\n mov x2,0\n mov x3,0\n mov x4,0\n svc 0\n b 1b\n" \
		".globl " #name "_end\n" #name "_end:\n")
#endif
PARK(alpha);
PARK(beta);
extern char alpha_end, beta_end;
void *alpha(void *);
void *beta(void *);

static int gate[2];
static void *leaver(void *arg) {
	char c;
	return read(gate[0], &c, 1) < 0 ? arg : 0;
}

static void start(void *(*f)(void *), unsigned long seed) {
	pthread_attr_t a;
	pthread_t t;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	if (pthread_create(&t, &a, f, (void *)seed)) _exit(7);
}

static void *watch_input(void *arg) {
	char c;
	while (read(0, &c, 1) == 1)
		if (write(gate[1], &c, 1) != 1) _exit(8);
	_exit(0);
	return arg;
}

static void *heart(void *arg) {
	for (long beat = 0;; beat++) {
		struct timespec t = {0, 5000000};
		nanosleep(&t, 0);
		if (printf("%ld\n", beat) < 0 || fflush(stdout)) _exit(1);
	}
	return arg;
}

int main(int argc, char **argv) {
	int wanted = 0;
	if (argc < 2 || pipe(gate)) return 9;
	int headless = !strcmp(argv[1], "headless");
	if (!strcmp(argv[1], "park") || headless) {
		start(alpha, 0x1111222233334400);
		start(beta, 0x5555666677778800);
		wanted = 2;
	} else if (!strcmp(argv[1], "many")) {
		wanted = atoi(argv[2]);
		for (long i = 1; i <= wanted; i++) start(alpha, i * 0x100000001);
	} else {
		start(leaver, 0);
	}
	start(watch_input, 0);
	while (parked < wanted) usleep(1000);
	printf("ready %p %p %p %p\n", (void *)alpha, (void *)&alpha_end, (void *)beta, (void *)&beta_end);
	fflush(stdout);
	if (headless) {
		start(heart, 0);
		pthread_exit(0); // the first thread ends, and the process goes on
	}
	heart(0);
}
