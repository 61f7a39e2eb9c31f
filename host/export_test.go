package host

// For tests of what no kernel can be made to do.
var (
	MemoryOf = memoryOf
)
