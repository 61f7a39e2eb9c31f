// Makes a child as standard input asks for, f: fork, v: vfork, c: clone with memory
// of its own, s: clone that shares the memory, x: vfork, and the child executes this
// program. The child calls the function whose address was said first, twice, and ends
// with what it gave. The parent says that, and what the function gives itself.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int marked(int n) {
	__asm__ volatile("" : "+r"(n) : : "memory");
	return n + 2;
}

static int born(void *self) {
	int n = marked(marked(3));
	if (self) execl(self, self, "child", (char *)0);
	syscall(SYS_exit_group, n);
	return 0;
}

int main(int argc, char **argv) {
	static char stack[1 << 16] __attribute__((aligned(16)));
	if (argc > 1) return marked(5);
	char c, buf[64];
	int n = snprintf(buf, sizeof buf, "%p\n", (void *)marked);
	if (write(1, buf, n) != n) return 9;
	while (read(0, &c, 1) == 1) {
		pid_t pid;
		switch (c) {
		case 'f':
			if ((pid = fork()) == 0) born(0);
			break;
		case 'v':
			if ((pid = vfork()) == 0) born(0);
			break;
		case 'x':
			if ((pid = vfork()) == 0) born(argv[0]);
			break;
		case 'c': pid = clone(born, stack + sizeof stack, 0, 0); break;
		case 's': pid = clone(born, stack + sizeof stack, CLONE_VM | SIGCHLD, 0); break;
		default: continue;
		}
		int status = -1;
		if (pid < 0 || waitpid(pid, &status, __WALL) != pid) status = -1;
		n = snprintf(buf, sizeof buf, "%#x\n", status);
		if (write(1, buf, n) != n) return 9;
		n = snprintf(buf, sizeof buf, "%d\n", marked(40));
		if (write(1, buf, n) != n) return 9;
	}
	return 0;
}
