// The target of the tests. It prints "ready" with addresses, and a heartbeat
// every 5 ms. Commands come on standard input, a letter each:
//
//	s  write to address 16        d  divide by 0
//	b  breakpoint                 i  illegal instruction
//	k  raise SIGSEGV with kill    q  quit
//
// After the command "s" the handler may make the thread go on at skip, which
// says "skipped".
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void say(const char *s) {
	if (write(1, s, strlen(s)) < 0) _exit(9);
}

void skip(void) {
	say("skipped\n");
	for (;;) pause();
}

static void on_segv(int n) {
	say(n == SIGSEGV ? "signal 11\n" : n == SIGTRAP ? "signal 5\n" : n == SIGFPE ? "signal 8\n" : "signal 4\n");
	_exit(0);
}

volatile long spin[2];
static void *spinner(void *arg) {
	for (;;) {
		spin[0]++;
		usleep(200);
	}
	return arg;
}

static void *commands(void *arg) {
	char c;
	while (read(0, &c, 1) == 1) {
		switch (c) {
		case 's': *(volatile int *)16 = 1; break;
		case 'd': { volatile int zero = 0, n = 7; volatile int x = n / zero; (void)x; break; }
#if defined(__x86_64__)
		case 'b': __asm__ volatile("int3"); say("went on\n"); break;
		case 'i': __asm__ volatile("ud2"); break;
#else
		case 'b': __asm__ volatile("brk 0"); say("went on\n"); break;
		case 'i': __asm__ volatile(".inst 0"); break;
#endif
		case 'k': syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSEGV); say("back\n"); break;
		case 'q': _exit(0);
		}
	}
	_exit(0);
	return arg;
}

int main(int argc, char **argv) {
	if (argc > 1) {
		signal(SIGSEGV, on_segv);
		signal(SIGTRAP, on_segv);
		signal(SIGFPE, on_segv);
		signal(SIGILL, on_segv);
	}
	pthread_t t;
	pthread_create(&t, 0, spinner, 0);
	pthread_create(&t, 0, commands, 0);
	printf("ready %p %p\n", (void *)skip, (void *)spin);
	fflush(stdout);
	for (;;) pause();
}
