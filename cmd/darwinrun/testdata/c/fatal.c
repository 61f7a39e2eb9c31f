// Ways to die, chosen by the first argument; the second says what SIGABRT does before.
#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void __stack_chk_fail(void);

static jmp_buf away;
static void handler(int s) { write(1, "handler\n", 8); }
static void leave(int s) { longjmp(away, 1); }
static void *sleeper(void *a) {
	for (;;)
		sleep(1000);
}
static void *aborter(void *a) { abort(); }

int main(int argc, char **argv) {
	const char *how = argv[1], *action = argc > 2 ? argv[2] : "";
	pthread_t t;
	if (!strcmp(action, "handled"))
		signal(SIGABRT, handler);
	if (!strcmp(action, "ignored"))
		signal(SIGABRT, SIG_IGN);
	if (!strcmp(action, "blocked")) {
		sigset_t s;
		sigemptyset(&s);
		sigaddset(&s, SIGABRT);
		sigprocmask(SIG_BLOCK, &s, 0);
	}
	if (!strcmp(action, "left")) {
		signal(SIGABRT, leave);
		if (setjmp(away)) {
			puts("left");
			return 3;
		}
	}
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "assert"))
		assert(argc == 99);
	if (!strcmp(how, "guard"))
		__stack_chk_fail();
	if (!strcmp(how, "free"))
		free(&t);
	if (!strcmp(how, "beside")) {
		pthread_create(&t, 0, sleeper, 0);
		abort();
	}
	if (!strcmp(how, "thread")) {
		pthread_create(&t, 0, aborter, 0);
		sleeper(0);
	}
	if (!strcmp(how, "sleeping")) { // a signal for a thread that waits
		pthread_create(&t, 0, sleeper, 0);
		usleep(1000);
		pthread_kill(t, SIGTERM);
		sleeper(0);
	}
	return 1;
}
