// Memory: allocation, protection, regions, copies, shared entries; eleven arguments.
#include "show.h"

int main(void) {
	mach_vm_address_t a = 0, b = 0, c = 0;
	mach_vm_size_t page = vm_page_size, size = 4 * page;
	mach_port_t self = mach_task_self();
	SHOW(mach_vm_allocate(self, &a, size, VM_FLAGS_ANYWHERE));
	PRINT(a % page);
	memset((void *)a, 7, size);
	SHOW(mach_vm_protect(self, a + page, page, 0, VM_PROT_READ));
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t n = VM_REGION_BASIC_INFO_COUNT_64;
	mach_vm_address_t at = a + page;
	mach_vm_size_t length = 0;
	mach_port_t object;
	SHOW(mach_vm_region(self, &at, &length, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &n, &object));
	printf("region +%d pages, %d pages, protection %d of %d\n", (int)((at - a) / page), (int)(length / page), info.protection, info.max_protection);
	SHOW(mach_vm_write(self, a + page, (vm_offset_t)"hello", 5));
	SHOW(mach_vm_write(self, a, (vm_offset_t)"hello", 5));
	printf("%.5s\n", (char *)a);
	vm_offset_t data = 0;
	mach_msg_type_number_t count = 0;
	SHOW(mach_vm_read(self, a, 2 * page, &data, &count));
	printf("%.5s %d\n", (char *)data, count == 2 * page);
	SHOW(mach_vm_copy(self, a, 5, a + 3 * page));
	printf("%.5s\n", (char *)(a + 3 * page));

	memory_object_size_t entry_size = page;
	mach_port_t entry = MACH_PORT_NULL;
	SHOW(mach_make_memory_entry_64(self, &entry_size, a, VM_PROT_READ | VM_PROT_WRITE, &entry, MACH_PORT_NULL));
	SHOW(mach_vm_map(self, &b, page, 0, VM_FLAGS_ANYWHERE, entry, 0, 0, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_READ | VM_PROT_WRITE, VM_INHERIT_NONE));
	if (b) {
		((char *)b)[0] = 'J';
		printf("%.5s\n", (char *)a);
	}
	vm_prot_t cur = 0, max = 0;
	SHOW(mach_vm_remap(self, &c, page, 0, VM_FLAGS_ANYWHERE, self, a, 1, &cur, &max, VM_INHERIT_COPY));
	if (c) printf("%.5s %d\n", (char *)c, cur);
	mach_vm_address_t aligned = 0;
	SHOW(mach_vm_map(self, &aligned, page, 0xfffff, VM_FLAGS_ANYWHERE, MACH_PORT_NULL, 0, 0, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT));
	PRINT(aligned & 0xfffff);
	SHOW(mach_vm_deallocate(self, a, size));
	SHOW(mach_vm_allocate(self, &a, size, VM_FLAGS_FIXED));
	SHOW(mach_vm_allocate(self, &a, size, VM_FLAGS_FIXED));
	SHOW(mach_vm_allocate(self, (mach_vm_address_t *)8, size, VM_FLAGS_ANYWHERE));
	SHOW(mach_vm_read_overwrite(self, 16, 8, a, &length));
	mach_task_basic_info_data_t t;
	n = MACH_TASK_BASIC_INFO_COUNT;
	SHOW(task_info(self, MACH_TASK_BASIC_INFO, (task_info_t)&t, &n));
	PRINT(t.virtual_size > 0 && t.resident_size > 0 && t.suspend_count == 0);
	return 0;
}
