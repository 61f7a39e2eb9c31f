package main

import "golang.org/x/sys/unix"

// processes lists what runs, by the names that the kernel has for it.
func processes() ([]process, error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, err
	}
	var out []process
	for i := range all {
		out = append(out, process{int(all[i].Proc.P_pid), unix.ByteSliceToString(all[i].Proc.P_comm[:])})
	}
	return out, nil
}
