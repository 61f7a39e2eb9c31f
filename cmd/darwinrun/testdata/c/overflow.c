// What a full stack of the first thread raises: SIGSEGV, for a handler that has a stack of its
// own; without one the program dies of it (handle_ux_exception, bsd/uxkern/ux_exception.c of
// xnu). The guard page of another thread's stack is memory that may not be used: SIGBUS.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static sigjmp_buf away;
static volatile int got, code;

static void handler(int s, siginfo_t *i, void *c) {
	got = s;
	code = i->si_code;
	siglongjmp(away, 1);
}

static __attribute__((noinline)) int deeper(volatile char *above) {
	volatile char room[1000];
	room[0] = above ? above[0] : 0;
	return deeper(room) + room[0];
}

static void *fill(void *name) {
	char *own = malloc(65536);
	stack_t st = {.ss_sp = own, .ss_size = 65536};
	sigaltstack(&st, 0);
	if (!sigsetjmp(away, 1))
		deeper(0);
	printf("%s: signal %d code %d\n", (char *)name, got, code);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv) {
	struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
	sa.sa_sigaction = handler;
	if (strcmp(argv[1], "caught")) { // no stack for the handler
		sa.sa_flags = SA_SIGINFO;
		sigaction(SIGSEGV, &sa, 0);
		sigaction(SIGBUS, &sa, 0);
		return deeper(0);
	}
	sigaction(SIGSEGV, &sa, 0);
	sigaction(SIGBUS, &sa, 0);
	fill("first thread");
	fill("again");
	pthread_t t;
	pthread_create(&t, 0, fill, "another thread");
	pthread_join(t, 0);
	return 0;
}
