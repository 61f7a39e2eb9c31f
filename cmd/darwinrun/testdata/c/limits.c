// What docs/darwinrun.md says that is not as on a Mac: the runner's memory, private mappings, debug registers, instructions.
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

kern_return_t mach_vm_read_overwrite(vm_map_t, mach_vm_address_t, mach_vm_size_t, mach_vm_address_t, mach_vm_size_t *);
kern_return_t mach_vm_region(vm_map_t, mach_vm_address_t *, mach_vm_size_t *, vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *, mach_port_t *);

static volatile long watched;
static volatile int go;
static sigjmp_buf back;
static void handler(int s) { siglongjmp(back, s); }
static void *writer(void *a) {
	while (!go) usleep(1000);
	watched = 7;
	return a;
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	signal(SIGTRAP, handler), signal(SIGSEGV, handler), signal(SIGBUS, handler), signal(SIGILL, handler);
	char byte, text[8] = "";
	mach_vm_size_t n;
	int s;

	// Here the runner has its heap, on both CPUs.
	volatile char *heap = (char *)0xc000000000;
	s = sigsetjmp(back, 1);
	if (!s) byte = *heap;
	printf("the runner's memory: load %s", s == SIGSEGV ? "faults" : "?");
	s = sigsetjmp(back, 1);
	if (!s) *heap = 1;
	int f = open("f", O_CREAT | O_RDWR, 0600), w = write(f, (void *)heap, 1);
	printf(" store %s write %d %d read %d", s == SIGSEGV ? "faults" : "?", w, errno, mach_vm_read_overwrite(mach_task_self(), (mach_vm_address_t)heap, 1, (mach_vm_address_t)&byte, &n));
	printf(" jump %s\n", sigsetjmp(back, 1) ? "faults" : (((void (*)(void))heap)(), "?"));

	write(f, "before", 6);
	char *m = mmap(0, 6, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
	pwrite(f, "a", 1, 0);
	printf("private mapping: %.6s", m);
	m[1] = 'x';
	pwrite(f, "bcd", 3, 0);
	pread(f, text, 6, 0);
	printf(", after a write through it %.6s, the file %s\n", m, text);

	// A watchpoint is refused, and the registers are what they were.
	pthread_t t;
	pthread_create(&t, 0, writer, 0);
	thread_act_t th = pthread_mach_thread_np(t);
#ifdef __arm64__
	arm_debug_state64_t d = {0}, is;
	mach_msg_type_number_t c = ARM_DEBUG_STATE64_COUNT;
	d.__wvr[0] = (uint64_t)&watched & ~7ull;
	d.__wcr[0] = 0xff << 5 | 3 << 3 | 2 << 1 | 1; // eight bytes, loads and stores, EL0, on
	int set = thread_set_state(th, ARM_DEBUG_STATE64, (thread_state_t)&d, c);
	int get = thread_get_state(th, ARM_DEBUG_STATE64, (thread_state_t)&is, &c);
	int on = is.__wcr[0] & 1;
#else
	x86_debug_state64_t d = {0}, is;
	mach_msg_type_number_t c = x86_DEBUG_STATE64_COUNT;
	d.__dr0 = (uint64_t)&watched;
	d.__dr7 = 1 | 0x90000; // local, eight bytes, stores
	int set = thread_set_state(th, x86_DEBUG_STATE64, (thread_state_t)&d, c);
	int get = thread_get_state(th, x86_DEBUG_STATE64, (thread_state_t)&is, &c);
	int on = is.__dr7 & 0xff;
#endif
	go = 1;
	pthread_join(t, 0);
	printf("watchpoint: set %d get %d on %d stored %ld\n", set, get, on, watched);
#ifdef __x86_64__
	unsigned a = 1, b, cx, dx;
	__asm__("cpuid" : "+a"(a), "=b"(b), "=c"(cx), "=d"(dx));
	printf("AVX: %d\n", cx >> 28 & 1);
#else
	puts("AVX: 0");
#endif
	return 0;
}
