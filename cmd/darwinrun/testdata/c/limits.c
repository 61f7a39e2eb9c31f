// What docs/darwinrun.md says that is not as on a Mac: the runner's memory, private mappings, instructions.
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

kern_return_t mach_vm_read_overwrite(vm_map_t, mach_vm_address_t, mach_vm_size_t, mach_vm_address_t, mach_vm_size_t *);

static sigjmp_buf back;
static void handler(int s) { siglongjmp(back, s); }

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	signal(SIGSEGV, handler), signal(SIGBUS, handler), signal(SIGILL, handler);
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

#ifdef __x86_64__
	unsigned a = 1, b, cx, dx;
	__asm__("cpuid" : "+a"(a), "=b"(b), "=c"(cx), "=d"(dx));
	printf("AVX: %d\n", cx >> 28 & 1);
#else
	puts("AVX: 0");
#endif
	return 0;
}
