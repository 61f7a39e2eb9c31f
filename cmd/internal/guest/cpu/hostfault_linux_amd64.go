package cpu

import "errors"

func xsaveSize() uintptr

// roomForState is what the processor's extended state takes on a stack.
func roomForState() (uintptr, error) {
	size := xsaveSize()
	if size < 576 {
		return 0, errors.New("the processor's state cannot be saved")
	}
	return size, nil
}

// hostWrote says whether a fault was that of a store; code is the error code of a page fault.
func hostWrote(code uint64) bool { return code&2 != 0 }
