// A child that suspends itself: another guest can look at it and resume it, and signals that
// kill do so (task_suspend: xnu osfmk/kern/task.c; a suspended task still dies, bsd/kern/kern_sig.c).
#include "show.h"
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
extern char **environ;

static int in;
static pid_t start(char *self) {
	int p[2];
	pipe(p);
	char fd[8], *argv[] = {self, fd, 0};
	snprintf(fd, sizeof fd, "%d", p[1]);
	pid_t child;
	posix_spawn(&child, self, 0, 0, argv, environ);
	close(p[1]);
	in = p[0];
	return child;
}

// suspended waits until the child has suspended itself.
static int suspended(task_t t) {
	for (;;) {
		task_basic_info_64_data_t info;
		mach_msg_type_number_t n = TASK_BASIC_INFO_64_COUNT;
		if (task_info(t, TASK_BASIC_INFO_64, (task_info_t)&info, &n)) return 0;
		if (info.suspend_count > 0) return info.suspend_count;
		usleep(1000);
	}
}

static volatile int mark = 77;

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) {
		int fd = atoi(argv[1]);
		void *at = (void *)&mark;
		write(fd, &at, sizeof at);
		task_suspend(mach_task_self());
		write(fd, "on", 2);
		return 6;
	}
	for (int sig = -9; sig < 3; sig++) { // many that end as soon as they may
		pid_t child = start(argv[0]);
		mach_vm_address_t at;
		read(in, &at, sizeof at);
		int status;
		task_t t;
		if (sig < 0) {
			task_for_pid(mach_task_self(), child, &t), suspended(t);
			kern_return_t kr = task_resume(t);
			if (kr) printf("task_resume of one that ends: %d\n", kr);
			waitpid(child, &status, 0), close(in);
			continue;
		}
		SHOW(task_for_pid(mach_task_self(), child, &t));
		PRINT(suspended(t));
		kill(child, SIGCONT);
		kill(child, SIGURG);
		PRINT(suspended(t)); // no signal ends it
		int value = 0;
		mach_vm_size_t n;
		SHOW(mach_vm_read_overwrite(t, at, sizeof value, (mach_vm_address_t)&value, &n));
		PRINT(value);
		vm_region_basic_info_data_64_t info;
		mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
		mach_vm_address_t start = at;
		mach_port_t object;
		SHOW(mach_vm_region(t, &start, &n, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object));
		PRINT(start <= at && at < start + n);
		thread_act_array_t threads;
		SHOW(task_threads(t, &threads, &count));
		PRINT(count);
		natural_t state[512];
		count = 512;
		SHOW(thread_get_state(threads[0], MACHINE_THREAD_STATE, state, &count));
		char text[4] = "";
		if (sig == 0) {
			SHOW(task_resume(t));
			read(in, text, 2);
			printf("it went %s\n", text);
		} else {
			kill(child, sig == 1 ? SIGTERM : SIGKILL);
		}
		waitpid(child, &status, 0);
		printf("status %d signal %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		close(in);
	}
	return 0;
}
