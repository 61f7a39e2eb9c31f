package host

import (
	"errors"
	"fmt"
	"syscall"
)

// performanceLevels asks sysctl (bsd/kern/kern_mib.c, sysctl_hw_generic).
func performanceLevels() ([]PerformanceLevel, error) {
	n, err := syscall.SysctlUint32("hw.nperflevels")
	if err != nil {
		return nil, sysctlFailed("hw.nperflevels", err)
	}
	var list []PerformanceLevel
	for i := range n {
		prefix := fmt.Sprintf("hw.perflevel%d.", i)
		var l PerformanceLevel
		for _, f := range []struct {
			name string
			to   *int
		}{
			{"physicalcpu", &l.PhysicalCPUs}, {"physicalcpu_max", &l.PhysicalMax},
			{"logicalcpu", &l.LogicalCPUs}, {"logicalcpu_max", &l.LogicalMax},
		} {
			v, err := syscall.SysctlUint32(prefix + f.name)
			if err != nil {
				return nil, sysctlFailed(prefix+f.name, err)
			}
			*f.to = int(v)
		}
		// The rest is not everywhere: the first systems had no name, and there may be no third cache.
		l.Name, _ = syscall.Sysctl(prefix + "name")
		number := func(name string) uint32 {
			v, err := syscall.SysctlUint32(prefix + name)
			if err != nil {
				return 0
			}
			return v
		}
		l.L1Instruction, l.L1Data = uint64(number("l1icachesize")), uint64(number("l1dcachesize"))
		l.L2, l.L3 = uint64(number("l2cachesize")), uint64(number("l3cachesize"))
		l.CPUsPerL2, l.CPUsPerL3 = int(number("cpusperl2")), int(number("cpusperl3"))
		list = append(list, l)
	}
	return list, nil
}

func sysctlFailed(name string, err error) error {
	if errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("host: this system has no sysctl %s: %w", name, errors.ErrUnsupported)
	}
	return fmt.Errorf("host: sysctl %s: %w", name, err)
}
