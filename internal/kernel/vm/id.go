package vm

import "sync/atomic"

var lastID atomic.Uint32

// nextID numbers objects. They stand apart from the ids made of inodes by
// their upper bit.
func nextID() uint32 { return 1<<31 | lastID.Add(1) }
