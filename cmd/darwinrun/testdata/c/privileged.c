// Instructions that only kernels may execute: EXC_BAD_INSTRUCTION on arm64 (xnu
// osfmk/arm64/sleh.c handle_msr_trap, handle_uncategorized), EXC_I386_GPFLT on amd64
// (osfmk/i386/trap.c user_trap).
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static sigjmp_buf away;
static void handler(int s) { siglongjmp(away, s); }

#ifdef __aarch64__
#define WANT SIGILL
#define CLOBBER "x0"
#else
#define WANT SIGSEGV
#define CLOBBER "rax", "rcx", "rdx"
#endif
#define WANTED(want, code)                                               \
	do {                                                             \
		int s = sigsetjmp(away, 1);                              \
		if (!s) {                                                \
			__asm__ volatile(code ::: "memory", CLOBBER);    \
			if (want)                                        \
				printf("%s: nothing\n", code);           \
		} else if (s != want)                                    \
			printf("%s: signal %d\n", code, s);              \
	} while (0)
#define REFUSED(code) WANTED(WANT, code)
#define ALLOWED(code) WANTED(0, code)

int main(void) {
	signal(SIGSEGV, handler);
	signal(SIGBUS, handler);
	signal(SIGILL, handler);
	signal(SIGTRAP, handler);
#ifdef __aarch64__
	REFUSED("hlt #0");
	REFUSED("hvc #0");
	REFUSED("smc #0");
	REFUSED("eret");
	REFUSED("mrs x0, sctlr_el1");
	REFUSED("mrs x0, ttbr0_el1");
	REFUSED("mrs x0, currentel");
	REFUSED("msr tpidr_el1, x0");
	REFUSED("msr daifset, #2");
	REFUSED("tlbi vmalle1");
	REFUSED("ic iallu");
	REFUSED("dcps1");
	REFUSED("udf #0");
	WANTED(SIGTRAP, "brk #1");
	ALLOWED("wfe");
	ALLOWED("yield");
	ALLOWED("mrs x0, cntvct_el0");
	ALLOWED("mrs x0, ctr_el0");
	ALLOWED("mrs x0, dczid_el0");
	ALLOWED("mrs x0, tpidrro_el0");
	ALLOWED("mov x0, sp\n\tdc cvau, x0");
	ALLOWED("sub x0, sp, #1024\n\tdc zva, x0");
	ALLOWED("mov x0, sp\n\tic ivau, x0");
#else
	REFUSED("hlt");
	REFUSED("cli");
	REFUSED("sti");
	REFUSED("inb $0x80, %%al");
	REFUSED("movw $0x80, %%dx\n\tinl %%dx, %%eax");
	REFUSED("movw $0x80, %%dx\n\tinw %%dx, %%ax");
	REFUSED("outb %%al, $0x80");
	REFUSED("xorl %%ecx, %%ecx\n\trdmsr");
	REFUSED("xorl %%ecx, %%ecx\n\twrmsr");
	REFUSED("movq %%cr0, %%rax");
	REFUSED("movq %%rax, %%cr3");
	REFUSED("movq %%rax, %%dr7");
	REFUSED("invd");
	REFUSED("wbinvd");
	REFUSED("swapgs");
	REFUSED("clts");
	REFUSED("lmsw %%ax");
	REFUSED("invlpg (%%rsp)");
	REFUSED("lgdt (%%rsp)");
	REFUSED("lidt (%%rsp)");
	REFUSED("ltr %%ax");
	REFUSED("int $0x80");
	REFUSED("int $4");
	WANTED(SIGILL, "ud2");
	WANTED(SIGTRAP, "int3");
	ALLOWED("rdtsc");
	ALLOWED("pause");
	ALLOWED("xorl %%eax, %%eax\n\tpushq %%rbx\n\tcpuid\n\tpopq %%rbx");
#endif
	puts("end");
	return 0;
}
