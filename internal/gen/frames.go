package gen

import (
	"fmt"
	"strings"
)

// Apple's calling conventions, as far as Mach needs them: arm64 passes eight
// words in registers and packs the rest on the stack to natural size; amd64
// passes six and gives the rest a word each. A struct of more than 16 bytes
// goes by reference on arm64 and is copied to the stack on amd64.
const (
	regsARM64 = 8
	regsAMD64 = 6
	stackArea = 96 // bytes of stack arguments that a wide call copies
)

// wide reports whether some CPU passes an argument on the stack.
func (f *function) wide() bool {
	if len(f.Params) > regsAMD64 {
		return true
	}
	for _, p := range f.Params {
		if p.Struct != nil && p.Struct.Size > 16 {
			return true
		}
	}
	return false
}

func (f *function) frameName() string { return "frame" + f.GoName }

// bigName is the helper that puts a large struct into a frame.
func bigName(p param) string { return strings.ToLower(p.Type[:1]) + p.Type[1:] + "Arg" }

// frames writes the frame type of a wide call for each convention. The fields
// have the same names everywhere, so that one wrapper serves all.
func (g *Gen) frames(f *function) []block {
	mk := func(file, body string) block {
		return block{Key: "frame " + f.GoName, File: file, Text: fmt.Sprintf("type %s struct {\n\tlibsystem.Head\n%s}\n", f.frameName(), body)}
	}
	return []block{
		mk("zframe_darwin_arm64.go", frameARM64(f)),
		mk("zframe_darwin_amd64.go", frameAMD64(f)),
		mk("zframe_nodarwin.go", frameSlots(f)),
	}
}

func frameType(p param) string {
	switch {
	case p.Text:
		return "*byte"
	case p.Struct != nil && p.Struct.Size > 16:
		return "*" + p.Type
	}
	return p.Type
}

func slotted(p param) string {
	return fmt.Sprintf("\t%s %s\n%s", p.Name, frameType(p), slotPad2(p))
}

func slotPad2(p param) string {
	if p.Struct != nil && p.Struct.Size > 16 {
		return ""
	}
	return slotPad(p)
}

func frameARM64(f *function) string {
	var b strings.Builder
	for i, p := range f.Params {
		if i == regsARM64 {
			break
		}
		b.WriteString(slotted(p))
	}
	for i := len(f.Params); i < regsARM64; i++ {
		b.WriteString("\t_ uint64\n")
	}
	off := 0
	for i, p := range f.Params {
		if i < regsARM64 {
			continue
		}
		size := p.Size
		if p.Struct != nil && p.Struct.Size > 16 {
			size = 8
		}
		if pad := roundUp(off, size) - off; pad > 0 {
			fmt.Fprintf(&b, "\t_ [%d]byte\n", pad)
		}
		off = roundUp(off, size) + size
		fmt.Fprintf(&b, "\t%s %s\n", p.Name, frameType(p))
	}
	fmt.Fprintf(&b, "\t_ [%d]byte\n", stackArea-off)
	return b.String()
}

func frameAMD64(f *function) string {
	var regs, stack strings.Builder
	n, words := 0, 0
	for _, p := range f.Params {
		switch {
		case p.Struct != nil && p.Struct.Size > 16:
			fmt.Fprintf(&stack, "\t%s %s\n", p.Name, p.Type)
			words += (p.Struct.Size + 7) / 8
		case n < regsAMD64:
			regs.WriteString(slotted(p))
			n++
		default:
			stack.WriteString(slotted(p))
			words++
		}
	}
	for ; n < regsAMD64; n++ {
		regs.WriteString("\t_ uint64\n")
	}
	fmt.Fprintf(&stack, "\t_ [%d]byte\n", stackArea-words*8)
	return regs.String() + stack.String()
}

func frameSlots(f *function) string {
	var b strings.Builder
	for _, p := range f.Params {
		b.WriteString(slotted(p))
	}
	return b.String()
}

// bigHelpers writes the helpers for structs that are passed by value and are
// larger than two words.
func (g *Gen) bigHelpers(fs []*function) []block {
	seen := map[string]bool{}
	var out []block
	for _, f := range fs {
		for _, p := range f.Params {
			if p.Struct == nil || p.Struct.Size <= 16 || seen[p.Type] {
				continue
			}
			seen[p.Type] = true
			ref := fmt.Sprintf("func %s(p *%s) *%s { return libsystem.Ptr(p) }\n", bigName(p), p.Type, p.Type)
			val := fmt.Sprintf("func %s(p *%s) %s { return *p }\n", bigName(p), p.Type, p.Type)
			key := "helper " + bigName(p)
			out = append(out,
				block{Key: key, File: "zframe_darwin_arm64.go", Text: ref},
				block{Key: key, File: "zframe_darwin_amd64.go", Text: val},
				block{Key: key, File: "zframe_nodarwin.go", Text: ref})
		}
	}
	return out
}
