package callcheck

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	define  = regexp.MustCompile(`(?m)^#define (ARGS\d)\b(.*)$`)
	ownStub = regexp.MustCompile(`(?m)^TEXT tramp_(\w+)<>\(SB\), NOSPLIT\|NOFRAME, \$0-0\n\tARGS(\d)\n\tJMP libc_(\w+)\(SB\)$`)
	armOne  = regexp.MustCompile(`MOVD\s+(\d+)\(R0\), R(\d+)`)
	armTwo  = regexp.MustCompile(`LDP\s+(\d+)\(R0\), \(R(\d+), R(\d+)\)`)
)

// Loads reads the macros ARGS0 to ARGS6 of a CPU family, and reports what does
// not load register k from frame+16+8k, once each and the frame's own register
// last.
func Loads(header, arch string) (wrong []string) {
	_, part, _ := strings.Cut(header, "#ifdef GOARCH_"+arch+"\n")
	part, _, _ = strings.Cut(part, "#endif")
	macros := map[string]string{}
	for _, m := range define.FindAllStringSubmatch(part, -1) {
		macros[m[1]] = m[2]
	}
	for n := 0; n <= 6; n++ {
		name := "ARGS" + strconv.Itoa(n)
		body, ok := macros[name]
		if !ok {
			wrong = append(wrong, "no "+name)
			continue
		}
		for k := n - 1; k >= 0; k-- {
			body = strings.ReplaceAll(body, "ARGS"+strconv.Itoa(k), macros["ARGS"+strconv.Itoa(k)])
		}
		loads := loadsOf(body, arch)
		for _, l := range loads {
			if l.reg == 0 && l.inst != loads[len(loads)-1].inst {
				wrong = append(wrong, name+" loses the frame before its last load")
			}
			if l.from != headSize+wordSize*l.reg {
				wrong = append(wrong, fmt.Sprintf("%s loads argument register %d from frame+%d", name, l.reg, l.from))
			}
		}
		seen := map[int]bool{}
		for _, l := range loads {
			seen[l.reg] = true
		}
		if len(loads) != n || len(seen) != n {
			wrong = append(wrong, fmt.Sprintf("%s loads %d registers, %d of them different", name, len(loads), len(seen)))
		}
	}
	return wrong
}

type load struct{ reg, from, inst int }

func loadsOf(body, arch string) (out []load) {
	for i, inst := range strings.Split(body, ";") {
		if arch == "amd64" {
			for _, m := range amdArg.FindAllStringSubmatch(inst, -1) {
				out = append(out, load{amdOrder[m[2]], number(m[1]), i})
			}
			continue
		}
		for _, m := range armOne.FindAllStringSubmatch(inst, -1) {
			out = append(out, load{number(m[2]), number(m[1]), i})
		}
		for _, m := range armTwo.FindAllStringSubmatch(inst, -1) {
			out = append(out, load{number(m[2]), number(m[1]), i}, load{number(m[3]), number(m[1]) + wordSize, i})
		}
	}
	return out
}

// OwnStubs reads the generated stubs: function -> number of arguments that its
// stub loads. A stub that jumps to another function is an error.
func OwnStubs(source string) (map[string]int, error) {
	stubs := map[string]int{}
	for _, m := range ownStub.FindAllStringSubmatch(source, -1) {
		if m[1] != m[3] {
			return nil, fmt.Errorf("the stub of %s jumps to %s", m[1], m[3])
		}
		stubs[m[1]] = number(m[2])
	}
	return stubs, nil
}
