// Rights and their references.
#include "show.h"

static unsigned refs(mach_port_t p, mach_port_right_t r) {
	mach_port_urefs_t n = 99;
	kern_return_t kr = mach_port_get_refs(mach_task_self(), p, r, &n);
	return kr == KERN_SUCCESS ? n : 1000 + kr;
}

int main(void) {
	mach_port_t p = MACH_PORT_NULL, set = MACH_PORT_NULL;
	PRINT(mach_task_self() != MACH_PORT_NULL);
	PRINT(vm_page_size == 16384 || vm_page_size == 4096);
	SHOW(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p));
	SHOW(mach_port_insert_right(mach_task_self(), p, p, MACH_MSG_TYPE_MAKE_SEND));
	SHOW(mach_port_mod_refs(mach_task_self(), p, MACH_PORT_RIGHT_SEND, 3));
	PRINT(refs(p, MACH_PORT_RIGHT_SEND));
	PRINT(refs(p, MACH_PORT_RIGHT_RECEIVE));
	mach_port_type_t type = 0;
	SHOW(mach_port_type(mach_task_self(), p, &type));
	PRINT(type == (MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE));
	SHOW(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set));
	SHOW(mach_port_insert_member(mach_task_self(), p, set));
	mach_port_status_t st;
	mach_msg_type_number_t n = MACH_PORT_RECEIVE_STATUS_COUNT;
	SHOW(mach_port_get_attributes(mach_task_self(), p, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&st, &n));
	PRINT(st.mps_pset != 0);
	PRINT(st.mps_srights);
	PRINT(st.mps_qlimit);
	SHOW(mach_port_mod_refs(mach_task_self(), p, MACH_PORT_RIGHT_RECEIVE, -1));
	PRINT(refs(p, MACH_PORT_RIGHT_DEAD_NAME));
	SHOW(mach_port_mod_refs(mach_task_self(), p, MACH_PORT_RIGHT_DEAD_NAME, -4));
	SHOW(mach_port_type(mach_task_self(), p, &type));
	SHOW(mach_port_mod_refs(mach_task_self(), set, MACH_PORT_RIGHT_PORT_SET, -1));

	mach_port_options_t o = {.flags = MPO_CONTEXT_AS_GUARD | MPO_INSERT_SEND_RIGHT};
	SHOW(mach_port_construct(mach_task_self(), &o, 0x1122334455667788, &p));
	mach_port_context_t c = 0;
	SHOW(mach_port_get_context(mach_task_self(), p, &c));
	PRINT(c == 0x1122334455667788);
	SHOW(mach_port_destruct(mach_task_self(), p, -1, 0x1122334455667788));
	SHOW(mach_port_allocate(mach_task_self(), 17, &p));
	SHOW(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, (mach_port_t *)16));
	SHOW(mach_port_deallocate(mach_task_self(), 0x7fffff00));
	printf("%s / %s\n", mach_error_string(KERN_INVALID_ADDRESS), mach_error_type(KERN_INVALID_ADDRESS));
	return 0;
}
