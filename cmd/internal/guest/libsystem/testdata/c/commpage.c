// The comm page, by its addresses: what osfmk/arm/cpu_capabilities.h and osfmk/i386/cpu_capabilities.h of
// xnu say is there, against what calls tell.
#include <mach/mach.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__arm64__)
#define BASE 0xfffffc000ULL
#define VERSION 3
#define CLUSTERS 0x2f
#define PAGE_SHIFT_64 0x25
#define KERNEL_SHIFT 0x37
#define FAMILY 0x80
#define BOOTTIME 0xa0
#define CONT 0x98
#define APPROX_SUPPORTED 0xc8
#else
#include <cpuid.h>
#define BASE 0x7fffffe00000ULL
#define VERSION 14
#define CLUSTERS 0x37
#define PAGE_SHIFT_64 0x4e
#define KERNEL_SHIFT 0x4d
#define FAMILY 0x40
#define BOOTTIME 0xc8
#define CONT 0xc0
#define APPROX_SUPPORTED 0x88
#endif

#define AT(type, offset) (*(volatile type *)(BASE + (offset)))

static uint64_t ask(const char *name) {
	uint64_t v = 0;
	size_t n = sizeof v;
	return sysctlbyname(name, &v, &n, NULL, 0) == 0 ? v : ~0ULL;
}

static int bad;

static void same(const char *what, uint64_t got, uint64_t want) {
	if (got != want) {
		printf("%s: %#llx, want %#llx\n", what, (unsigned long long)got, (unsigned long long)want);
		bad++;
	}
}

int main(void) {
	char signature[17] = {0};
	memcpy(signature, (const void *)BASE, 16);
	printf("%s\n", signature);
	uint64_t bits = AT(uint64_t, 0x10);
	same("version", AT(uint16_t, 0x1e), VERSION);
	same("capabilities", AT(uint32_t, 0x20), (uint32_t)bits);
	same("processors in the capabilities", AT(uint8_t, 0x22), ask("hw.ncpu"));
	same("kUP", bits >> 15 & 1, ask("hw.ncpu") == 1);
	same("cache line", AT(uint16_t, 0x26), ask("hw.cachelinesize"));
	same("cache line in the capabilities", bits & 0x70, AT(uint16_t, 0x26) == 128 ? 0x40 : 0x20);
	same("active processors", AT(uint8_t, 0x34), ask("hw.activecpu"));
	same("physical processors", AT(uint8_t, 0x35), ask("hw.physicalcpu_max"));
	same("logical processors", AT(uint8_t, 0x36), ask("hw.logicalcpu_max"));
	same("clusters", AT(uint8_t, CLUSTERS), ask("hw.nperflevels"));
	same("memory", AT(uint64_t, 0x38), ask("hw.memsize"));
	same("family", AT(uint32_t, FAMILY), (uint32_t)ask("hw.cpufamily"));
	same("pages", 1ULL << AT(uint8_t, PAGE_SHIFT_64), getpagesize());
	same("the kernel's pages", 1ULL << AT(uint8_t, KERNEL_SHIFT), vm_kernel_page_size);
	same("approximate time", AT(uint8_t, APPROX_SUPPORTED), 0);
	struct timeval boot;
	size_t n = sizeof boot;
	sysctlbyname("kern.boottime", &boot, &n, NULL, 0);
	int64_t off = (int64_t)(AT(uint64_t, BOOTTIME) / 1000000) - boot.tv_sec;
	same("boot time is near", off >= -2 && off <= 2, 1);
#if defined(__arm64__)
	same("timebase", AT(uint8_t, 0x90), 0); // USER_TIMEBASE_NONE: the time is the kernel's to tell
	same("pages in the page of constants", 1ULL << *(volatile uint8_t *)(0xfffff4000ULL + 0x25), getpagesize());
	struct { const char *name; uint64_t bit; } features[] = {
	    {"hw.optional.neon", 0x100}, {"hw.optional.floatingpoint", 0x400}, {"hw.optional.armv8_crc32", 0x4000000},
	    {"hw.optional.armv8_1_atomics", 0x2000000}, {"hw.optional.arm.FEAT_AES", 0x1000000},
	    {"hw.optional.armv8_2_sha512", 0x80000000}, {"hw.optional.armv8_2_sha3", 0x100000000},
	};
	for (int i = 0; i < (int)(sizeof features / sizeof *features); i++) {
		same(features[i].name, (bits & features[i].bit) != 0, ask(features[i].name));
	}
#else
	unsigned a, b, c, d, b7, c7, d7;
	__cpuid(1, a, b, c, d);
	__cpuid_count(7, 0, a, b7, c7, d7);
	struct { const char *name; uint64_t bit; unsigned reg, flag; } features[] = {
	    {"MMX", 1, d, 23}, {"SSE", 2, d, 25}, {"SSE2", 4, d, 26}, {"SSE3", 8, c, 0}, {"SSSE3", 0x100, c, 9},
	    {"SSE4.1", 0x400, c, 19}, {"SSE4.2", 0x800, c, 20}, {"AES", 0x1000, c, 25}, {"AVX", 0x1000000, c, 28},
	    {"RDRAND", 0x2000000, c, 30}, {"F16C", 0x4000000, c, 29}, {"FMA", 0x10000000, c, 12},
	    {"AVX2", 0x20000000, b7, 5}, {"BMI1", 0x40000000, b7, 3}, {"BMI2", 0x80000000, b7, 8},
	    {"HLE", 0x200000000, b7, 4}, {"RTM", 0x100000000, b7, 11}, {"RDSEED", 0x800000000, b7, 18},
	    {"ADX", 0x400000000, b7, 19}, {"AVX512F", 0x4000000000, b7, 16},
	};
	for (int i = 0; i < (int)(sizeof features / sizeof *features); i++) {
		same(features[i].name, (bits & features[i].bit) != 0, features[i].reg >> features[i].flag & 1);
	}
#endif
	// It can be read by calls too, and not be made writable.
	char copy[16];
	vm_size_t size = 0;
	same("vm_read_overwrite", vm_read_overwrite(mach_task_self(), BASE, 16, (vm_address_t)copy, &size), KERN_SUCCESS);
	same("what it reads", memcmp(copy, signature, 16), 0);
	same("vm_protect", vm_protect(mach_task_self(), BASE, getpagesize(), FALSE, VM_PROT_READ | VM_PROT_WRITE) != KERN_SUCCESS, 1);
	vm_address_t at = BASE;
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_port_t object;
	same("vm_region", vm_region_64(mach_task_self(), &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object), KERN_SUCCESS);
	same("its start", at, BASE);
	same("its protection", info.protection, VM_PROT_READ);
	same("its maximum", info.max_protection, VM_PROT_READ);
	printf("bad: %d\n", bad);
	return 0;
}
