package mach

// TaskGetKernelPort stores a send right to the task's [TASK_KERNEL_PORT] in *port, by
// [TaskGetSpecialPort].
//
// C: task_get_kernel_port of <mach/task_special_ports.h>.
func TaskGetKernelPort(task TaskInspect_t, port *MachPort) error {
	return TaskGetSpecialPort(task, TASK_KERNEL_PORT, port)
}

// TaskSetKernelPort makes port the task's [TASK_KERNEL_PORT], by [TaskSetSpecialPort].
//
// C: task_set_kernel_port of <mach/task_special_ports.h>.
func TaskSetKernelPort(task Task, port MachPort) error {
	return TaskSetSpecialPort(task, TASK_KERNEL_PORT, port)
}

// TaskGetHostPort stores a send right to the task's [TASK_HOST_PORT] in *port, by
// [TaskGetSpecialPort].
//
// C: task_get_host_port of <mach/task_special_ports.h>.
func TaskGetHostPort(task TaskInspect_t, port *MachPort) error {
	return TaskGetSpecialPort(task, TASK_HOST_PORT, port)
}

// TaskSetHostPort makes port the task's [TASK_HOST_PORT], by [TaskSetSpecialPort].
//
// C: task_set_host_port of <mach/task_special_ports.h>.
func TaskSetHostPort(task Task, port MachPort) error {
	return TaskSetSpecialPort(task, TASK_HOST_PORT, port)
}

// TaskGetBootstrapPort stores a send right to the task's [TASK_BOOTSTRAP_PORT] in *port, by
// [TaskGetSpecialPort].
//
// C: task_get_bootstrap_port of <mach/task_special_ports.h>.
func TaskGetBootstrapPort(task TaskInspect_t, port *MachPort) error {
	return TaskGetSpecialPort(task, TASK_BOOTSTRAP_PORT, port)
}

// TaskGetDebugControlPort stores a send right to the task's [TASK_DEBUG_CONTROL_PORT] in *port, by
// [TaskGetSpecialPort].
//
// C: task_get_debug_control_port of <mach/task_special_ports.h>.
func TaskGetDebugControlPort(task TaskInspect_t, port *MachPort) error {
	return TaskGetSpecialPort(task, TASK_DEBUG_CONTROL_PORT, port)
}

// TaskSetBootstrapPort makes port the task's [TASK_BOOTSTRAP_PORT], by [TaskSetSpecialPort].
//
// C: task_set_bootstrap_port of <mach/task_special_ports.h>.
func TaskSetBootstrapPort(task Task, port MachPort) error {
	return TaskSetSpecialPort(task, TASK_BOOTSTRAP_PORT, port)
}

// TaskGetTaskAccessPort stores a send right to the task's [TASK_ACCESS_PORT] in *port, by
// [TaskGetSpecialPort].
//
// C: task_get_task_access_port of <mach/task_special_ports.h>.
func TaskGetTaskAccessPort(task TaskInspect_t, port *MachPort) error {
	return TaskGetSpecialPort(task, TASK_ACCESS_PORT, port)
}

// TaskSetTaskAccessPort makes port the task's [TASK_ACCESS_PORT], by [TaskSetSpecialPort].
//
// C: task_set_task_access_port of <mach/task_special_ports.h>.
func TaskSetTaskAccessPort(task Task, port MachPort) error {
	return TaskSetSpecialPort(task, TASK_ACCESS_PORT, port)
}

// TaskSetTaskDebugControlPort makes port the task's [TASK_DEBUG_CONTROL_PORT], by [TaskSetSpecialPort].
//
// C: task_set_task_debug_control_port of <mach/task_special_ports.h>.
func TaskSetTaskDebugControlPort(task Task, port MachPort) error {
	return TaskSetSpecialPort(task, TASK_DEBUG_CONTROL_PORT, port)
}

// ThreadGetKernelPort stores a send right to the thread's [THREAD_KERNEL_PORT] in *port, by
// [ThreadGetSpecialPort].
//
// C: thread_get_kernel_port of <mach/thread_special_ports.h>.
func ThreadGetKernelPort(thread ThreadInspect, port *MachPort) error {
	return ThreadGetSpecialPort(thread, THREAD_KERNEL_PORT, port)
}

// ThreadSetKernelPort makes port the thread's [THREAD_KERNEL_PORT], by [ThreadSetSpecialPort].
//
// C: thread_set_kernel_port of <mach/thread_special_ports.h>.
func ThreadSetKernelPort(thread ThreadAct, port MachPort) error {
	return ThreadSetSpecialPort(thread, THREAD_KERNEL_PORT, port)
}
