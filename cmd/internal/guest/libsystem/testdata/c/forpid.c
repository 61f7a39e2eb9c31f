// task_read_for_pid and task_inspect_for_pid, which no header declares: they are Unix calls, with errno
// (xnu bsd/kern/kern_proc.c). By their numbers, 539 and 538, too.
#include <errno.h>
#include <mach/mach.h>
#include <stdio.h>
#include <unistd.h>

extern int task_read_for_pid(mach_port_name_t, int, mach_port_name_t *);
extern int task_inspect_for_pid(mach_port_name_t, int, mach_port_name_t *);
extern kern_return_t mach_get_times(uint64_t *, uint64_t *, struct timespec *);
extern uint64_t mach_boottime_usec(void);

static void show(const char *what, int r, mach_port_name_t p) {
	printf("%s: %d errno %d port %d\n", what, r, r == 0 ? 0 : errno, p != 0);
	if (p != 0) {
		int pid = 0;
		kern_return_t kr = pid_for_task(p, &pid);
		printf("  its pid: %d %d\n", kr, pid == getpid());
		mach_vm_address_t a = 0;
		natural_t type = 0;
		(void)a;
		kr = mach_port_kobject(mach_task_self(), p, &type, &a);
		printf("  its kind: %d %d\n", kr, type);
		mach_port_deallocate(mach_task_self(), p);
	}
}

int main(void) {
	mach_port_name_t p;
#define TRY(f, target, pid) p = 77, errno = 0; { int r = f(target, pid, &p); show(#f " " #target " " #pid, r, p); }
	TRY(task_read_for_pid, mach_task_self(), getpid());
	TRY(task_inspect_for_pid, mach_task_self(), getpid());
	TRY(task_read_for_pid, mach_task_self(), 0);
	TRY(task_inspect_for_pid, mach_task_self(), 1 << 30);
	TRY(task_read_for_pid, MACH_PORT_NULL, getpid());
	struct timespec ts = {0, 0};
	uint64_t abs = 0, cont = 0;
	kern_return_t kr = mach_get_times(&abs, &cont, &ts);
	printf("times: %d %d %d\n", kr, abs > 0 && cont >= abs, ts.tv_sec > 1700000000 && ts.tv_nsec % 1000 == 0);
	printf("boot: %d\n", mach_boottime_usec() / 1000000 <= (uint64_t)ts.tv_sec);
	return 0;
}
