package core

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Tokens tells who a task is, as trailers of its messages and task_info have
// it: user and group; audit id (none), effective and real ids, pid, session and
// pid version (xnu bsd/kern/kern_credential.c, set_security_token_task_internal).
func (u *Usage) Tokens(pid int) ipc.Sender {
	return ipc.Sender{
		Security: mach.SecurityToken{Val: [2]uint32{uint32(u.UID), uint32(u.GID)}},
		Audit: mach.AuditToken{Val: [8]uint32{
			^uint32(0), uint32(u.UID), uint32(u.GID), uint32(u.RUID), uint32(u.RGID), uint32(pid),
		}},
	}
}
