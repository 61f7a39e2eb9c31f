// System calls made by instruction: numbers from xnu bsd/kern/syscalls.master and
// osfmk/kern/syscall_sw.c, errors by the carry flag, two results.
#include <errno.h>
#include <mach/mach.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct result { uint64_t first, second; int failed; };

static __attribute__((noinline)) struct result raw(int n, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
	struct result r;
#ifdef __aarch64__
	register uint64_t x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = e, x5 __asm__("x5") = f, x6 __asm__("x6") = g, x7 __asm__("x7") = h;
	register uint64_t x16 __asm__("x16") = (uint64_t)(int64_t)n;
	uint64_t carry;
	__asm__ volatile("svc #0x80\n\tcset %[c], cs" : "+r"(x0), "+r"(x1), [c] "=r"(carry)
		: "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x6), "r"(x7), "r"(x16) : "cc", "memory");
	r.first = x0, r.second = x1, r.failed = carry;
#else
	uint64_t number = n < 0 ? 0x1000000 | (uint64_t)-n : 0x2000000 | (uint64_t)n;
	uint64_t stack[3] = {0, g, h}, second = c;
	register uint64_t r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	unsigned char carry;
	// Arguments beyond six are above a return address.
	__asm__ volatile("pushq %[h]\n\tpushq %[g]\n\tpushq $0\n\tsyscall\n\tsetc %[c]\n\tleaq 24(%%rsp), %%rsp"
		: "+a"(number), "+d"(second), [c] "=b"(carry)
		: "D"(a), "S"(b), "r"(r10), "r"(r8), "r"(r9), [g] "m"(stack[1]), [h] "m"(stack[2]) : "rcx", "r11", "cc", "memory");
	r.first = number, r.second = second, r.failed = carry;
#endif
	return r;
}
#define CALL(n, ...) CALL_(n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)
#define CALL_(n, a, b, c, d, e, f, g, h, ...) raw(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), (uint64_t)(f), (uint64_t)(g), (uint64_t)(h))

static volatile int handled;
static void handler(int s) { handled = s; }

// What the kernel calls for a signal: (handler, style, signal, info, context).
static volatile int style;
static void trampoline(void (*f)(int), int how, int sig, void *info, void *context) {
	style = how;
	f(sig);
	CALL(184, context, how);
}

int main(void) {
	struct result r;
	setvbuf(stdout, 0, _IONBF, 0);
	r = CALL(20);
	printf("getpid %d %d\n", r.first == (uint64_t)getpid(), r.failed);
	r = CALL(4, 1, "written\n", 8);
	printf("write %d %d %d\n", (int)r.first, (int)r.second, r.failed);
	errno = 0;
	r = CALL(6, 999);
	printf("close %d %d, errno %d\n", (int)r.first, r.failed, errno);
	r = CALL(5, "/nonesuch", 0, 0);
	printf("open %d %d\n", (int)r.first, r.failed);
	r = CALL(5, 8, 0, 0);
	printf("open at a bad address %d %d\n", (int)r.first, r.failed);
	r = CALL(5, "raw-file", 0x0a02, 0600); // O_CREAT|O_EXCL|O_RDWR
	int fd = r.first;
	printf("create %d %d\n", fd > 2, r.failed);
	r = CALL(92, fd, 3, 0); // F_GETFL
	printf("fcntl %d\n", (int)r.first & 3);
	r = CALL(199, fd, (uint64_t)5 << 32, 0);
	printf("lseek %d %d\n", r.first == (uint64_t)5 << 32, r.failed);
	CALL(201, fd, 100000);
	r = CALL(197, 0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	printf("mmap %d %d %d\n", r.failed, r.first > 0x10000, *(char *)r.first);
	r = CALL(73, r.first, 65536);
	printf("munmap %d\n", r.failed);
	CALL(10, "raw-file");
	r = CALL(42);
	int in = r.first, out = r.second;
	printf("pipe %d %d\n", in > 2 && out > in, r.failed);
	CALL(397, out, "x", 1);
	char c = 0;
	r = CALL(396, in, &c, 1);
	printf("through it %d %c\n", (int)r.first, c);
	char value[64];
	size_t n = sizeof value;
	r = CALL(274, "kern.ostype", 11, value, &n, 0, 0);
	printf("sysctlbyname %s %d\n", value, r.failed);
	r = CALL(500, value, 16);
	printf("getentropy %d\n", r.failed);
	r = CALL(500, value, 10000);
	printf("too much %d %d\n", (int)r.first, r.failed);

	struct { void *handler, *trampoline; uint32_t mask, flags; } act = {handler, trampoline, 0, 0};
	r = CALL(46, SIGUSR1, &act, 0);
	r = CALL(37, getpid(), SIGUSR1, 1);
	printf("signal %d %d %d\n", r.failed, handled, style);
	uint32_t set = 1 << (SIGUSR1 - 1), old = 77;
	CALL(48, 1, &set, &old);
	handled = 0;
	CALL(37, getpid(), SIGUSR1, 1);
	printf("blocked %d %d\n", handled, old);
	r = CALL(111, 0);
	printf("sigsuspend %d %d %d\n", (int)r.first, r.failed, handled);

	r = CALL(2);
	if (r.second == 1) { // the child, which gets its parent's number
		CALL(1, (int)r.first == getppid() ? 6 : 7);
	}
	int status = 0;
	struct result w = CALL(7, r.first, &status, 0, 0);
	printf("fork %d %d, status %d\n", r.failed, w.first == r.first, WEXITSTATUS(status));

	r = CALL(8);
	printf("no such call %d %d\n", (int)r.first, r.failed);
	r = CALL(-1);
	printf("no such trap %d\n", (int)r.first);

	r = CALL(-28);
	printf("task_self_trap %d\n", r.first == mach_task_self());
	mach_port_t p = 0;
	r = CALL(-16, mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p);
	printf("mach_port_allocate %d %d\n", (int)r.first, p != 0);
	r = CALL(-21, mach_task_self(), p, p, MACH_MSG_TYPE_MAKE_SEND);
	printf("mach_port_insert_right %d\n", (int)r.first);
	struct { mach_msg_header_t h; int body; char rest[64]; } m = {0};
	m.h.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), m.h.msgh_size = 28, m.h.msgh_remote_port = p, m.h.msgh_id = 42, m.body = 5;
	r = CALL(-31, &m, MACH_SEND_MSG, 28, 0, 0, 0, 0);
	printf("mach_msg_trap send %d\n", (int)r.first);
	memset(&m, 0, sizeof m);
	r = CALL(-31, &m, MACH_RCV_MSG, 0, sizeof m, p, 0, 0);
	printf("mach_msg_trap receive %d %d %d\n", (int)r.first, m.h.msgh_id, m.body);
	m.body = 6;
	r = CALL(-47, &m, (uint64_t)MACH_SEND_MSG, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | (uint64_t)28 << 32, p, (uint64_t)43 << 32, 0, 0, 0);
	printf("mach_msg2_trap send %d\n", (int)r.first);
	memset(&m, 0, sizeof m);
	r = CALL(-47, &m, (uint64_t)MACH_RCV_MSG, 0, 0, 0, (uint64_t)p << 32, sizeof m, 0);
	printf("mach_msg2_trap receive %d %d %d\n", (int)r.first, m.h.msgh_id, m.body);
	r = CALL(-47, &m, (uint64_t)MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 0, 0, (uint64_t)p << 32, sizeof m, 1);
	printf("mach_msg2_trap timeout %#x\n", (int)r.first);
	uint64_t at = 0;
	r = CALL(-10, mach_task_self(), &at, 65536, VM_FLAGS_ANYWHERE);
	printf("vm_allocate %d %d\n", (int)r.first, *(int *)at);
	r = CALL(-12, mach_task_self(), at, 65536);
	printf("vm_deallocate %d\n", (int)r.first);
	at = 0;
	r = CALL(-15, mach_task_self(), &at, 65536, 0xfffff, VM_FLAGS_ANYWHERE, VM_PROT_READ | VM_PROT_WRITE);
	printf("vm_map %d %d", (int)r.first, (int)(at & 0xfffff));
	*(int *)at = 1;
	vm_address_t region = at;
	vm_size_t size = 0;
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_port_t object;
	vm_region_64(mach_task_self(), &region, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object);
	printf(" %d %d %d\n", info.protection, info.max_protection, info.inheritance);
	mach_port_t sem;
	semaphore_create(mach_task_self(), &sem, 0, 1);
	r = CALL(-36, sem);
	printf("semaphore_wait %d\n", (int)r.first);
	r = CALL(-38, sem, 0, 1000);
	printf("semaphore_timedwait %d\n", (int)r.first);
	return 0;
}
