// More separate pieces of memory than the emulator's table has room for.
#include "show.h"

enum { pieces = 1500 };

int main(void) {
	static volatile char *p[pieces];
	long sum = 0;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < pieces; i++) {
			if (round == 0) {
				mach_vm_address_t a = 0;
				if (mach_vm_allocate(mach_task_self(), &a, 2 * vm_page_size, VM_FLAGS_ANYWHERE)) return 1;
				// a page of another protection between each two
				if (mach_vm_protect(mach_task_self(), a + vm_page_size, vm_page_size, 0, VM_PROT_READ)) return 2;
				p[i] = (char *)a;
			}
			p[i][5] += i % 7;
			sum += p[i][5] + p[i][vm_page_size];
		}
	}
	PRINT(sum);
	return 0;
}
