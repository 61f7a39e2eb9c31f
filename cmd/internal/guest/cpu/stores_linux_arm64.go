package cpu

// See stores_linux_amd64.go. Nobody here has a machine to try it on.

func setPlain(address, size uint64, is bool) {}

func quickenStores(handle uintptr) {}
