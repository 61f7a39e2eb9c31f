//go:build linux && (amd64 || arm64)

package misc_test

import (
	"debug/elf"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

func want(t *testing.T, what string, err error, kr mach.KernReturn) {
	t.Helper()
	if kr == mach.KERN_SUCCESS && err == nil {
		return
	}
	if err != error(kr) {
		t.Errorf("%s: %v, want %v", what, err, kr)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, x := range []struct {
		kr        mach.KernReturn
		typ, text string
	}{
		{mach.KERN_INVALID_ADDRESS, "(os/kern)", "(os/kern) invalid address"},
		{mach.MACH_SEND_INVALID_DEST, "(ipc/send)", "(ipc/send) "},
		{mach.MIG_BAD_ID, "(ipc/mig)", "(ipc/mig) "},
		{0x7fff, "(os/kern)", "unknown error code"},
		{mach.KernReturn(0x3a << 26 >> 0 & 0x7fffffff), "(?/?)", "unknown error code"},
	} {
		if got := mach.MachErrorType(mach.MachError_t(x.kr)); x.kr != 0x7fff && got != x.typ {
			t.Errorf("type of %#x: %q, want %q", uint32(x.kr), got, x.typ)
		}
		got := mach.MachErrorString(mach.MachError_t(x.kr))
		if !strings.HasPrefix(got, x.text) || strings.Contains(got, "KERN_") || strings.Contains(got, "MACH_") {
			t.Errorf("text of %#x: %q, want %q", uint32(x.kr), got, x.text)
		}
	}
}

// The copy always ends in a NUL, also a cut one (xnu libsyscall/mach/mig_strncpy.c).
func TestStrncpy(t *testing.T) {
	for _, x := range []struct {
		fill bool
		src  string
		size int32
		dest string // '.' is a byte that was not written
		n    int32
	}{
		{false, "abc", 6, "abc\x00..", 4},
		{true, "abc", 6, "abc\x00\x00\x00", 4},
		{false, "abcdef", 4, "abc\x00..", 4},
		{true, "abcdef", 4, "abc\x00..", 4},
		{false, "abc", 1, "\x00.....", 1},
		{false, "abc", 0, "......", 0},
		{true, "abc", -1, "......", 0},
	} {
		dest := []byte("......")
		src := append([]byte(x.src), 0)
		f := mach.MIGStrncpy
		if x.fill {
			f = mach.MIGStrncpyZerofill
		}
		if n := f(&dest[0], &src[0], x.size); n != x.n || string(dest) != x.dest {
			t.Errorf("%+v: %d, %q", x, n, dest)
		}
	}
	dest := []byte("......")
	if n := mach.MIGStrncpyZerofill(&dest[0], nil, 4); n != 0 || string(dest) != "\x00\x00\x00\x00.." {
		t.Errorf("no source: %d, %q", n, dest)
	}
	if n := mach.MIGStrncpyZerofill(nil, &dest[0], 4); n != 0 {
		t.Errorf("no destination: %d", n)
	}
}

func goString(p *byte) string {
	var s []byte
	for ; p != nil && *p != 0; p = (*byte)(unsafe.Add(unsafe.Pointer(p), 1)) {
		s = append(s, *p)
	}
	return string(s)
}

func TestSlotName(t *testing.T) {
	for _, x := range []struct {
		typ  mach.CPUType
		sub  mach.CPUSubtype
		name string
	}{
		{mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64E, "arm64e"},
		{mach.CPU_TYPE_X86_64, mach.CPU_SUBTYPE_X86_64_H, "x86_64h"},
		{77, 1, "unknown CPU"},
	} {
		var name, long *byte
		mach.SlotName(x.typ, x.sub, &name, &long)
		if goString(name) != x.name || goString(long) == "" {
			t.Errorf("%d/%d: %q, %q", x.typ, x.sub, goString(name), goString(long))
		}
	}
}

func TestActivityIDs(t *testing.T) {
	var a, b uint64
	self := mach.MachTaskSelf()
	want(t, "three", mach.MachGenerateActivityID(self, 3, &a), mach.KERN_SUCCESS)
	want(t, "one", mach.MachGenerateActivityID(self, 1, &b), mach.KERN_SUCCESS)
	if a == 0 || b < a+3 {
		t.Errorf("%d and %d overlap", a, b)
	}
	want(t, "none", mach.MachGenerateActivityID(self, 0, &a), mach.KERN_INVALID_ARGUMENT)
	want(t, "too many", mach.MachGenerateActivityID(self, mach.MACH_ACTIVITY_ID_COUNT_MAX+1, &a), mach.KERN_INVALID_ARGUMENT)
}

func TestImages(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	n := mach.DyldImageCount()
	if n == 0 {
		t.Fatal("no images")
	}
	if name := mach.DyldGetImageName(0); name != exe {
		t.Errorf("the first image is %q, not %q", name, exe)
	}
	head := (*[4]byte)(unsafe.Pointer(mach.DyldGetImageHeader(0)))
	if head == nil || string(head[:]) != elf.ELFMAG {
		t.Errorf("no ELF header")
	}
	if s := mach.DyldGetImageVmaddrSlide(0); s != 0 && s%int64(os.Getpagesize()) != 0 {
		t.Errorf("slide %#x", s)
	}
	if mach.DyldGetImageHeader(n+100) != nil || mach.DyldGetImageName(n+100) != "" {
		t.Error("an image beyond the last")
	}
}

func TestGone(t *testing.T) {
	h := mach.MachHostSelf()
	want(t, "kmod_destroy", mach.KmodDestroy(h, 0), mach.MIG_BAD_ID)
	want(t, "netname", mach.NetnameCheckOut(0, "x", 0), mach.MACH_SEND_INVALID_DEST)
}

func TestPortObjInit(t *testing.T) {
	mach.PortObjInit(1000)
	table := mach.PortObjTable()
	if table == nil {
		t.Fatal("no table")
	}
	for _, w := range unsafe.Slice((*uint64)(table), 2000) {
		if w != 0 {
			t.Fatal("the table is not zeroed")
		}
	}
}
