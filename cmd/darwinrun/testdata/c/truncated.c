// A page beyond the end of a mapped file: SIGBUS for the program's own accesses, EFAULT for
// system calls (mmap(2), and write(2) and read(2) of xnu).
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

kern_return_t mach_vm_allocate(vm_map_t, mach_vm_address_t *, mach_vm_size_t, int);
kern_return_t mach_vm_read_overwrite(vm_map_t, mach_vm_address_t, mach_vm_size_t, mach_vm_address_t, mach_vm_size_t *);
kern_return_t mach_vm_write(vm_map_t, mach_vm_address_t, vm_offset_t, mach_msg_type_number_t);

static sigjmp_buf away;
static void *volatile at;
static long page;
static volatile int beside, sink;

static void handler(int s, siginfo_t *i, void *c) {
	at = i->si_addr;
	siglongjmp(away, s);
}

#define TRY(what, where, ...)                                                                      \
	do {                                                                                       \
		volatile int s = sigsetjmp(away, 1);                                               \
		if (!s) {                                                                          \
			__VA_ARGS__;                                                               \
			printf("%s: nothing\n", what);                                             \
		} else                                                                             \
			printf("%s: signal %d%s\n", what, s, at == (void *)(where) ? "" : " elsewhere"); \
	} while (0)

static __attribute__((noinline)) void copy(volatile int *from, volatile int *to) { *to = *from + 1; }
static __attribute__((noinline)) void twice(atomic_int *a, volatile char *p) {
	atomic_fetch_add(a, 1);
	p[0] = 1;
	atomic_fetch_add(a, 1);
}

int main(void) {
	struct sigaction sa = {.sa_flags = SA_SIGINFO};
	sa.sa_sigaction = handler;
	sigaction(SIGBUS, &sa, 0);
	page = getpagesize();
	char name[] = "truncatedXXXXXX";
	int f = mkstemp(name), pipes[2];
	unlink(name);
	pipe(pipes);
	ftruncate(f, 4 * page);
	char *shared = mmap(0, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	char *private = mmap(0, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
	char *readable = mmap(0, 4 * page, PROT_READ, MAP_SHARED, f, 0);
	char *runnable = mmap(0, 4 * page, PROT_READ | PROT_EXEC, MAP_PRIVATE, f, 0);
	shared[0] = private[0] = 1;
	char *p = shared + 2 * page;
	p[0] = 'x';
	ftruncate(f, page);

	TRY("load", p, sink = *(volatile char *)p);
	TRY("store", p + 5, *(volatile char *)(p + 5) = 1);
	TRY("wide load", p + 16, copy((int *)(p + 16), (int *)&beside));
	printf("beside %d\n", beside);
	TRY("private", private + page, sink = *(volatile char *)(private + page));
	TRY("read-only", readable + page, sink = *(volatile char *)(readable + page));
	static atomic_int count;
	TRY("between two additions", p, twice(&count, p));
	printf("count %d\n", count);
	TRY("strlen", p, sink = strlen(p));
	TRY("memcpy from", p, memcpy(name, p, 8));
	TRY("memset", p, memset(p, 0, 8));
	TRY("printf", p, printf("%s", p));
	at = 0;
	if (sigsetjmp(away, 1) == 0) {
		((void (*)(void))(runnable + page))();
		puts("ran");
	} else
		puts("code: signal");

	printf("write %ld %d\n", (long)write(pipes[1], p, 8), errno);
	write(pipes[1], "12345678", 8);
	printf("read %ld %d\n", (long)read(pipes[0], p, 8), errno);
	printf("open %d %d\n", open(p, O_RDONLY), errno);
	mach_vm_size_t n;
	mach_vm_address_t to = 0;
	mach_vm_allocate(mach_task_self(), &to, page, VM_FLAGS_ANYWHERE);
	printf("vm_read %d\n", mach_vm_read_overwrite(mach_task_self(), (mach_vm_address_t)p, 8, to, &n) != 0);
	printf("vm_write %d\n", mach_vm_write(mach_task_self(), (mach_vm_address_t)p, (vm_offset_t)name, 8) != 0);

	ftruncate(f, 4 * page);
	TRY("as long as before", 0, sink = *p; p[0] = 2);
	printf("%d %d\n", p[0], p[1]);
	signal(SIGBUS, SIG_DFL);
	fflush(stdout);
	ftruncate(f, page);
	p[0] = 1;
	return 0;
}
