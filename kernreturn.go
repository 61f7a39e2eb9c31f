package mach

import "strconv"

func (k KernReturn) Error() string { return "mach: error " + strconv.Itoa(int(k)) }
