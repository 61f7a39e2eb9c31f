// What a guest sees of a process of the host, its parent.
#include "show.h"

kern_return_t task_name_for_pid(mach_port_name_t, int, mach_port_name_t *);

int main(void) {
	mach_port_t control = 0, inspect = 0;
	PRINT(task_for_pid(mach_task_self(), getppid(), &control) == KERN_SUCCESS);
	PRINT(task_name_for_pid(mach_task_self(), getppid(), &inspect) == KERN_SUCCESS);
	mach_task_basic_info_data_t info;
	mach_msg_type_number_t n = MACH_TASK_BASIC_INFO_COUNT;
	PRINT(task_info(inspect, MACH_TASK_BASIC_INFO, (task_info_t)&info, &n) == KERN_SUCCESS && info.resident_size > 0);
	mach_vm_address_t a = 0;
	PRINT(mach_vm_allocate(inspect, &a, vm_page_size, VM_FLAGS_ANYWHERE) == KERN_SUCCESS);
	PRINT(task_suspend(inspect) == KERN_SUCCESS);
	return 0;
}
