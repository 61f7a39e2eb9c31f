package task

import (
	"bytes"
	"time"

	"github.com/gomach/mach"
)

// ThreadInfoType is a struct that thread_info fills in. Each has one flavor.
type ThreadInfoType interface {
	mach.ThreadBasicInfo | mach.ThreadIdentifierInfo | mach.ThreadExtendedInfo
}

func threadFlavorOf(info any) mach.ThreadFlavor {
	switch info.(type) {
	case *mach.ThreadBasicInfo:
		return mach.THREAD_BASIC_INFO
	case *mach.ThreadIdentifierInfo:
		return mach.THREAD_IDENTIFIER_INFO
	case *mach.ThreadExtendedInfo:
		return mach.THREAD_EXTENDED_INFO
	}
	return 0 // no such flavor: the call refuses it
}

// ThreadInfo asks for figures of a thread: the flavor goes with the type. See
// [Info] for the answer. The inspect port will do; it does not block if the kernel
// serves the port. It fails with [mach.KERN_INVALID_ARGUMENT] or
// [mach.MACH_SEND_INVALID_DEST] when the thread has ended.
//
// Mach calls: thread_info.
func ThreadInfo[T ThreadInfoType](th *Thread) (InfoResult[T], error) {
	a := InfoResult[T]{Words: mach.CountOf[T]()}
	name, err := th.use()
	if err != nil {
		return InfoResult[T]{}, err
	}
	defer th.h.done()
	if err := mach.ThreadInfo(name, threadFlavorOf(&a.Value), mach.Info(&a.Value), &a.Words); err != nil {
		return InfoResult[T]{}, failed("thread_info", err)
	}
	a.Words = min(a.Words, mach.CountOf[T]())
	return a, nil
}

// ID is the thread's number, which no other thread of the system has had since
// it was started, and which debuggers and crash reports show.
//
// Mach calls: thread_info with THREAD_IDENTIFIER_INFO.
func (th *Thread) ID() (uint64, error) {
	a, err := ThreadInfo[mach.ThreadIdentifierInfo](th)
	return a.Value.ThreadID, err
}

// Label is the name that the thread has given itself, or "". (A thread names
// itself by pthread_setname_np, which is not Mach's.)
//
// Mach calls: thread_info with THREAD_EXTENDED_INFO.
func (th *Thread) Label() (string, error) {
	a, err := ThreadInfo[mach.ThreadExtendedInfo](th)
	name, _, _ := bytes.Cut(a.Value.PthName[:], []byte{0})
	return string(name), err
}

// Times is how much processor time the thread has used, in user and system
// mode.
//
// Mach calls: thread_info with THREAD_BASIC_INFO.
func (th *Thread) Times() (user, system time.Duration, err error) {
	a, err := ThreadInfo[mach.ThreadBasicInfo](th)
	return timeOf(a.Value.UserTime), timeOf(a.Value.SystemTime), err
}

func timeOf(v mach.TimeValue) time.Duration {
	return time.Duration(v.Seconds)*time.Second + time.Duration(v.Microseconds)*time.Microsecond
}
