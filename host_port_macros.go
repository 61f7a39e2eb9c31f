package mach

// The headers name the most usual special ports of host, task and thread in
// macros. Each is one call with one constant; a Get call gives the caller a
// right to release with [MachPortDeallocate], a Set call keeps the caller's
// right as it is.

// HostGetHostPort stores a send right to the host's [HOST_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_host_port of <mach/host_special_ports.h>.
func HostGetHostPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_PORT, port)
}

// HostSetHostPort answers [KERN_INVALID_ARGUMENT]: the port is the kernel's.
//
// C: host_set_host_port of <mach/host_special_ports.h>.
func HostSetHostPort(host HostPriv, port MachPort) error {
	return KERN_INVALID_ARGUMENT
}

// HostGetHostPrivPort stores a send right to the host's [HOST_PRIV_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_host_priv_port of <mach/host_special_ports.h>.
func HostGetHostPrivPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_PRIV_PORT, port)
}

// HostSetHostPrivPort answers [KERN_INVALID_ARGUMENT]: the port is the kernel's.
//
// C: host_set_host_priv_port of <mach/host_special_ports.h>.
func HostSetHostPrivPort(host HostPriv, port MachPort) error {
	return KERN_INVALID_ARGUMENT
}

// HostGetIOMainPort stores a send right to the host's [HOST_IO_MAIN_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_io_main_port of <mach/host_special_ports.h>.
func HostGetIOMainPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_IO_MAIN_PORT, port)
}

// HostSetIOMainPort answers [KERN_INVALID_ARGUMENT]: the port is the kernel's.
//
// C: host_set_io_main_port of <mach/host_special_ports.h>.
func HostSetIOMainPort(host HostPriv, port MachPort) error {
	return KERN_INVALID_ARGUMENT
}

// HostGetDynamicPagerPort stores a send right to the host's [HOST_DYNAMIC_PAGER_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_dynamic_pager_port of <mach/host_special_ports.h>.
func HostGetDynamicPagerPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_DYNAMIC_PAGER_PORT, port)
}

// HostSetDynamicPagerPort makes port the host's [HOST_DYNAMIC_PAGER_PORT], by [HostSetSpecialPort].
//
// C: host_set_dynamic_pager_port of <mach/host_special_ports.h>.
func HostSetDynamicPagerPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_DYNAMIC_PAGER_PORT, port)
}

// HostGetAuditControlPort stores a send right to the host's [HOST_AUDIT_CONTROL_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_audit_control_port of <mach/host_special_ports.h>.
func HostGetAuditControlPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_AUDIT_CONTROL_PORT, port)
}

// HostSetAuditControlPort makes port the host's [HOST_AUDIT_CONTROL_PORT], by [HostSetSpecialPort].
//
// C: host_set_audit_control_port of <mach/host_special_ports.h>.
func HostSetAuditControlPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_AUDIT_CONTROL_PORT, port)
}

// HostGetUserNotificationPort stores a send right to the host's [HOST_USER_NOTIFICATION_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_user_notification_port of <mach/host_special_ports.h>.
func HostGetUserNotificationPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_USER_NOTIFICATION_PORT, port)
}

// HostSetUserNotificationPort makes port the host's [HOST_USER_NOTIFICATION_PORT], by [HostSetSpecialPort].
//
// C: host_set_user_notification_port of <mach/host_special_ports.h>.
func HostSetUserNotificationPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_USER_NOTIFICATION_PORT, port)
}

// HostGetAutomountdPort stores a send right to the host's [HOST_AUTOMOUNTD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_automountd_port of <mach/host_special_ports.h>.
func HostGetAutomountdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_AUTOMOUNTD_PORT, port)
}

// HostSetAutomountdPort makes port the host's [HOST_AUTOMOUNTD_PORT], by [HostSetSpecialPort].
//
// C: host_set_automountd_port of <mach/host_special_ports.h>.
func HostSetAutomountdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_AUTOMOUNTD_PORT, port)
}

// HostGetLockdPort stores a send right to the host's [HOST_LOCKD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_lockd_port of <mach/host_special_ports.h>.
func HostGetLockdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_LOCKD_PORT, port)
}

// HostSetLockdPort makes port the host's [HOST_LOCKD_PORT], by [HostSetSpecialPort].
//
// C: host_set_lockd_port of <mach/host_special_ports.h>.
func HostSetLockdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_LOCKD_PORT, port)
}

// HostGetKtraceBackgroundPort stores a send right to the host's [HOST_KTRACE_BACKGROUND_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_ktrace_background_port of <mach/host_special_ports.h>.
func HostGetKtraceBackgroundPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_KTRACE_BACKGROUND_PORT, port)
}

// HostSetKtraceBackgroundPort makes port the host's [HOST_KTRACE_BACKGROUND_PORT], by [HostSetSpecialPort].
//
// C: host_set_ktrace_background_port of <mach/host_special_ports.h>.
func HostSetKtraceBackgroundPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_KTRACE_BACKGROUND_PORT, port)
}

// HostGetKextdPort stores a send right to the host's [HOST_KEXTD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_kextd_port of <mach/host_special_ports.h>.
func HostGetKextdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_KEXTD_PORT, port)
}

// HostSetKextdPort makes port the host's [HOST_KEXTD_PORT], by [HostSetSpecialPort].
//
// C: host_set_kextd_port of <mach/host_special_ports.h>.
func HostSetKextdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_KEXTD_PORT, port)
}

// HostGetLaunchctlPort stores a send right to the host's [HOST_LAUNCHCTL_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_launchctl_port of <mach/host_special_ports.h>.
func HostGetLaunchctlPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_LAUNCHCTL_PORT, port)
}

// HostSetLaunchctlPort makes port the host's [HOST_LAUNCHCTL_PORT], by [HostSetSpecialPort].
//
// C: host_set_launchctl_port of <mach/host_special_ports.h>.
func HostSetLaunchctlPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_LAUNCHCTL_PORT, port)
}

// HostGetChudPort is the older name of [HostGetLaunchctlPort].
//
// C: host_get_chud_port of <mach/host_special_ports.h>.
func HostGetChudPort(host HostPriv, port *MachPort) error {
	return HostGetLaunchctlPort(host, port)
}

// HostSetChudPort is the older name of [HostSetLaunchctlPort].
//
// C: host_set_chud_port of <mach/host_special_ports.h>.
func HostSetChudPort(host HostPriv, port MachPort) error {
	return HostSetLaunchctlPort(host, port)
}

// HostGetUnfreedPort stores a send right to the host's [HOST_UNFREED_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_unfreed_port of <mach/host_special_ports.h>.
func HostGetUnfreedPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_UNFREED_PORT, port)
}

// HostSetUnfreedPort makes port the host's [HOST_UNFREED_PORT], by [HostSetSpecialPort].
//
// C: host_set_unfreed_port of <mach/host_special_ports.h>.
func HostSetUnfreedPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_UNFREED_PORT, port)
}

// HostGetAmfidPort stores a send right to the host's [HOST_AMFID_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_amfid_port of <mach/host_special_ports.h>.
func HostGetAmfidPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_AMFID_PORT, port)
}

// HostSetAmfidPort makes port the host's [HOST_AMFID_PORT], by [HostSetSpecialPort].
//
// C: host_set_amfid_port of <mach/host_special_ports.h>.
func HostSetAmfidPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_AMFID_PORT, port)
}

// HostGetGssdPort stores a send right to the host's [HOST_GSSD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_gssd_port of <mach/host_special_ports.h>.
func HostGetGssdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_GSSD_PORT, port)
}

// HostSetGssdPort makes port the host's [HOST_GSSD_PORT], by [HostSetSpecialPort].
//
// C: host_set_gssd_port of <mach/host_special_ports.h>.
func HostSetGssdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_GSSD_PORT, port)
}

// HostGetTelemetryPort stores a send right to the host's [HOST_TELEMETRY_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_telemetry_port of <mach/host_special_ports.h>.
func HostGetTelemetryPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_TELEMETRY_PORT, port)
}

// HostSetTelemetryPort makes port the host's [HOST_TELEMETRY_PORT], by [HostSetSpecialPort].
//
// C: host_set_telemetry_port of <mach/host_special_ports.h>.
func HostSetTelemetryPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_TELEMETRY_PORT, port)
}

// HostGetAtmNotificationPort stores a send right to the host's [HOST_ATM_NOTIFICATION_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_atm_notification_port of <mach/host_special_ports.h>.
func HostGetAtmNotificationPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_ATM_NOTIFICATION_PORT, port)
}

// HostSetAtmNotificationPort makes port the host's [HOST_ATM_NOTIFICATION_PORT], by [HostSetSpecialPort].
//
// C: host_set_atm_notification_port of <mach/host_special_ports.h>.
func HostSetAtmNotificationPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_ATM_NOTIFICATION_PORT, port)
}

// HostGetCoalitionPort stores a send right to the host's [HOST_COALITION_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_coalition_port of <mach/host_special_ports.h>.
func HostGetCoalitionPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_COALITION_PORT, port)
}

// HostSetCoalitionPort makes port the host's [HOST_COALITION_PORT], by [HostSetSpecialPort].
//
// C: host_set_coalition_port of <mach/host_special_ports.h>.
func HostSetCoalitionPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_COALITION_PORT, port)
}

// HostGetSysdiagnosePort stores a send right to the host's [HOST_SYSDIAGNOSE_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_sysdiagnose_port of <mach/host_special_ports.h>.
func HostGetSysdiagnosePort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_SYSDIAGNOSE_PORT, port)
}

// HostSetSysdiagnosePort makes port the host's [HOST_SYSDIAGNOSE_PORT], by [HostSetSpecialPort].
//
// C: host_set_sysdiagnose_port of <mach/host_special_ports.h>.
func HostSetSysdiagnosePort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_SYSDIAGNOSE_PORT, port)
}

// HostGetContainerPort stores a send right to the host's [HOST_CONTAINERD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_container_port of <mach/host_special_ports.h>.
func HostGetContainerPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_CONTAINERD_PORT, port)
}

// HostSetContainerPort makes port the host's [HOST_CONTAINERD_PORT], by [HostSetSpecialPort].
//
// C: host_set_container_port of <mach/host_special_ports.h>.
func HostSetContainerPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_CONTAINERD_PORT, port)
}

// HostGetNodePort stores a send right to the host's [HOST_NODE_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_node_port of <mach/host_special_ports.h>.
func HostGetNodePort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_NODE_PORT, port)
}

// HostSetNodePort makes port the host's [HOST_NODE_PORT], by [HostSetSpecialPort].
//
// C: host_set_node_port of <mach/host_special_ports.h>.
func HostSetNodePort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_NODE_PORT, port)
}

// HostGetClosuredPort stores a send right to the host's [HOST_CLOSURED_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_closured_port of <mach/host_special_ports.h>.
func HostGetClosuredPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_CLOSURED_PORT, port)
}

// HostSetClosuredPort makes port the host's [HOST_CLOSURED_PORT], by [HostSetSpecialPort].
//
// C: host_set_closured_port of <mach/host_special_ports.h>.
func HostSetClosuredPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_CLOSURED_PORT, port)
}

// HostGetSyspolicydPort stores a send right to the host's [HOST_SYSPOLICYD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_syspolicyd_port of <mach/host_special_ports.h>.
func HostGetSyspolicydPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_SYSPOLICYD_PORT, port)
}

// HostSetSyspolicydPort makes port the host's [HOST_SYSPOLICYD_PORT], by [HostSetSpecialPort].
//
// C: host_set_syspolicyd_port of <mach/host_special_ports.h>.
func HostSetSyspolicydPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_SYSPOLICYD_PORT, port)
}

// HostGetFilecoordinationdPort stores a send right to the host's [HOST_FILECOORDINATIOND_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_filecoordinationd_port of <mach/host_special_ports.h>.
func HostGetFilecoordinationdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_FILECOORDINATIOND_PORT, port)
}

// HostSetFilecoordinationdPort makes port the host's [HOST_FILECOORDINATIOND_PORT], by [HostSetSpecialPort].
//
// C: host_set_filecoordinationd_port of <mach/host_special_ports.h>.
func HostSetFilecoordinationdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_FILECOORDINATIOND_PORT, port)
}

// HostGetFairplaydPort stores a send right to the host's [HOST_FAIRPLAYD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_fairplayd_port of <mach/host_special_ports.h>.
func HostGetFairplaydPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_FAIRPLAYD_PORT, port)
}

// HostSetFairplaydPort makes port the host's [HOST_FAIRPLAYD_PORT], by [HostSetSpecialPort].
//
// C: host_set_fairplayd_port of <mach/host_special_ports.h>.
func HostSetFairplaydPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_FAIRPLAYD_PORT, port)
}

// HostGetIocompressionstatsPort stores a send right to the host's [HOST_IOCOMPRESSIONSTATS_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_iocompressionstats_port of <mach/host_special_ports.h>.
func HostGetIocompressionstatsPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_IOCOMPRESSIONSTATS_PORT, port)
}

// HostSetIocompressionstatsPort makes port the host's [HOST_IOCOMPRESSIONSTATS_PORT], by [HostSetSpecialPort].
//
// C: host_set_iocompressionstats_port of <mach/host_special_ports.h>.
func HostSetIocompressionstatsPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_IOCOMPRESSIONSTATS_PORT, port)
}

// HostGetMemoryErrorPort stores a send right to the host's [HOST_MEMORY_ERROR_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_memory_error_port of <mach/host_special_ports.h>.
func HostGetMemoryErrorPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_MEMORY_ERROR_PORT, port)
}

// HostSetMemoryErrorPort makes port the host's [HOST_MEMORY_ERROR_PORT], by [HostSetSpecialPort].
//
// C: host_set_memory_error_port of <mach/host_special_ports.h>.
func HostSetMemoryErrorPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_MEMORY_ERROR_PORT, port)
}

// HostGetManagedappdistdPort stores a send right to the host's [HOST_MANAGEDAPPDISTD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_managedappdistd_port of <mach/host_special_ports.h>.
func HostGetManagedappdistdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_MANAGEDAPPDISTD_PORT, port)
}

// HostSetManagedappdistdPort makes port the host's [HOST_MANAGEDAPPDISTD_PORT], by [HostSetSpecialPort].
//
// C: host_set_managedappdistd_port of <mach/host_special_ports.h>.
func HostSetManagedappdistdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_MANAGEDAPPDISTD_PORT, port)
}

// HostGetDoubleagentdPort stores a send right to the host's [HOST_DOUBLEAGENTD_PORT] in *port, by [HostGetSpecialPort].
//
// C: host_get_doubleagentd_port of <mach/host_special_ports.h>.
func HostGetDoubleagentdPort(host HostPriv, port *MachPort) error {
	return HostGetSpecialPort(host, HOST_LOCAL_NODE, HOST_DOUBLEAGENTD_PORT, port)
}

// HostSetDoubleagentdPort makes port the host's [HOST_DOUBLEAGENTD_PORT], by [HostSetSpecialPort].
//
// C: host_set_doubleagentd_port of <mach/host_special_ports.h>.
func HostSetDoubleagentdPort(host HostPriv, port MachPort) error {
	return HostSetSpecialPort(host, HOST_DOUBLEAGENTD_PORT, port)
}
