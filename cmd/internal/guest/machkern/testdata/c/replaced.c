// munmap(2) and mmap(2) with MAP_FIXED are calls on the same map as Mach's (xnu bsd/kern/kern_mman.c):
// what was known of the memory that they take away is not said of what comes in its place. The
// program does it twice, as the first guest and as its child.
#include "show.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
extern char **environ;

kern_return_t mach_vm_region_recurse(vm_map_t, mach_vm_address_t *, mach_vm_size_t *, natural_t *, vm_region_recurse_info_t, mach_msg_type_number_t *);

static int tag(mach_vm_address_t a) {
	vm_region_submap_info_data_64_t i;
	mach_msg_type_number_t n = VM_REGION_SUBMAP_INFO_COUNT_64;
	mach_vm_address_t at = a;
	mach_vm_size_t size;
	natural_t depth = 99;
	if (mach_vm_region_recurse(mach_task_self(), &at, &size, &depth, (vm_region_recurse_info_t)&i, &n) || at > a) return -1;
	return i.user_tag;
}
static void *over(mach_vm_address_t a, size_t size, int flags, int fd) {
	return mmap((void *)a, size, PROT_READ | PROT_WRITE, MAP_FIXED | flags, fd, 0);
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	mach_port_t self = mach_task_self(), entry;
	mach_vm_size_t page = vm_page_size, size = page;
	mach_vm_address_t a = 0, b = 0, c = 0;
	vm_prot_t now, most;
	SHOW(mach_vm_allocate(self, &a, 4 * page, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(7)));
	PRINT(munmap((void *)(a + page), page));
	PRINT(tag(a) == 7 && tag(a + page) == -1 && tag(a + 2 * page) == 7);
	PRINT(over(a + page, 2 * page, MAP_ANON | MAP_PRIVATE, -1) == (void *)(a + page));
	PRINT(tag(a) == 7 && tag(a + page) == 0 && tag(a + 2 * page) == 0 && tag(a + 3 * page) == 7);
	PRINT(munmap((void *)(a + 1), page) < 0 && errno == EINVAL);

	// Memory that was shared, and is not any more: nobody is given the old one.
	strcpy((char *)a, "old");
	SHOW(mach_make_memory_entry_64(self, &size, a, VM_PROT_READ | VM_PROT_WRITE, &entry, MACH_PORT_NULL));
	SHOW(mach_vm_map(self, &b, page, 0, VM_FLAGS_ANYWHERE, entry, 0, 0, 3, 3, VM_INHERIT_SHARE));
	over(b, page, MAP_ANON | MAP_PRIVATE, -1);
	strcpy((char *)b, "new");
	SHOW(mach_vm_remap(self, &c, page, 0, VM_FLAGS_ANYWHERE, self, b, 0, &now, &most, VM_INHERIT_SHARE));
	printf("%s, remapped %s, shared %s\n", (char *)b, (char *)c, (char *)a);
	int f = open("replaced", O_CREAT | O_RDWR | O_TRUNC, 0600);
	write(f, "file", 5), ftruncate(f, page), unlink("replaced");
	over(b, page, MAP_SHARED, f);
	SHOW(mach_make_memory_entry_64(self, &size, b, VM_PROT_READ, &entry, MACH_PORT_NULL));
	c = 0;
	SHOW(mach_vm_map(self, &c, page, 0, VM_FLAGS_ANYWHERE, entry, 0, 0, 1, 1, VM_INHERIT_SHARE));
	printf("%s, mapped %s\n", (char *)b, (char *)c);

	// What the mapping was allowed.
	a = 0;
	SHOW(mach_vm_map(self, &a, page, 0, VM_FLAGS_ANYWHERE, 0, 0, 0, VM_PROT_READ, VM_PROT_READ, VM_INHERIT_NONE));
	over(a, page, MAP_ANON | MAP_PRIVATE, -1);
	SHOW(mach_vm_protect(self, a, page, 0, VM_PROT_READ | VM_PROT_WRITE));

	// Permanent memory stays, without access (vm_map_delete, vm_map_locate_space_fixed).
	a = 0;
	SHOW(mach_vm_allocate(self, &a, page, VM_FLAGS_ANYWHERE | VM_FLAGS_PERMANENT));
	PRINT(munmap((void *)a, page));
	b = a;
	SHOW(mach_vm_allocate(self, &b, page, VM_FLAGS_FIXED));
	PRINT(over(a, page, MAP_ANON | MAP_PRIVATE, -1) == MAP_FAILED && errno == ENOMEM);
	if (argc < 2) {
		pid_t child;
		int status;
		posix_spawn(&child, argv[0], 0, 0, (char *[]){argv[0], "child", 0}, environ);
		waitpid(child, &status, 0);
		PRINT(WEXITSTATUS(status));
	}
	return 0;
}
