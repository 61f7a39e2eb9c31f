// What a guest sees of a process of the host, its parent.
#include "show.h"

kern_return_t task_name_for_pid(mach_port_name_t, int, mach_port_name_t *);

#define WORKS(call) printf("%s: %d\n", #call, (call) == KERN_SUCCESS)

int main(void) {
	mach_port_t task = 0, name = 0;
	WORKS(task_name_for_pid(mach_task_self(), getppid(), &name));
	WORKS(task_for_pid(mach_task_self(), getppid(), &task));

	// What only looks.
	mach_task_basic_info_data_t info;
	mach_msg_type_number_t n = MACH_TASK_BASIC_INFO_COUNT;
	PRINT(task_info(name, MACH_TASK_BASIC_INFO, (task_info_t)&info, &n) == KERN_SUCCESS && info.resident_size > 0);
	n = MACH_TASK_BASIC_INFO_COUNT;
	PRINT(task_info(task, MACH_TASK_BASIC_INFO, (task_info_t)&info, &n) == KERN_SUCCESS && info.resident_size > 0);
	int pid = 0;
	PRINT(pid_for_task(task, &pid) == KERN_SUCCESS && pid == getppid());
	mach_vm_address_t at = 0;
	mach_vm_size_t size = 0;
	vm_region_basic_info_data_64_t region = {0};
	mach_port_t object;
	kern_return_t kr;
	do { // the first region that can be read
		at += size;
		n = VM_REGION_BASIC_INFO_COUNT_64;
		kr = mach_vm_region(task, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&region, &n, &object);
	} while (kr == KERN_SUCCESS && !(region.protection & VM_PROT_READ));
	PRINT(kr == KERN_SUCCESS);
	vm_offset_t data = 0;
	n = 0;
	WORKS(mach_vm_read(task, at, 4096, &data, &n));
	PRINT(n == 4096 && memcmp((char *)data, "\177ELF", 4) == 0);
	thread_act_array_t threads = NULL;
	n = 0;
	PRINT(task_threads(task, &threads, &n) == KERN_SUCCESS && n > 0);
	thread_t thread = n > 0 ? threads[0] : 0;
	thread_basic_info_data_t ti;
	n = THREAD_BASIC_INFO_COUNT;
	WORKS(thread_info(thread, THREAD_BASIC_INFO, (thread_info_t)&ti, &n));

	// What would change something, or stop it.
	mach_vm_address_t a = 0;
	WORKS(mach_vm_allocate(task, &a, vm_page_size, VM_FLAGS_ANYWHERE));
	WORKS(mach_vm_write(task, at, data, 4096));
	WORKS(mach_vm_protect(task, at, 4096, 0, VM_PROT_NONE));
	WORKS(mach_vm_deallocate(task, at, 4096));
	WORKS(task_suspend(task));
	WORKS(task_terminate(task));
	WORKS(thread_suspend(thread));
	WORKS(thread_abort(thread));
	natural_t state[1000];
	n = 1000;
	WORKS(thread_get_state(thread, MACHINE_THREAD_STATE, state, &n));
	WORKS(thread_set_state(thread, MACHINE_THREAD_STATE, state, MACHINE_THREAD_STATE_COUNT));
	mach_port_t port;
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
	mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);
	WORKS(task_set_exception_ports(task, EXC_MASK_BAD_ACCESS, port, EXCEPTION_DEFAULT, THREAD_STATE_NONE));
	WORKS(task_suspend(name));
	return 0;
}
