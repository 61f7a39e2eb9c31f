package callcheck

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Stubs reads the assembly of the call stubs and reports what does not copy a
// frame as the frames are laid out: register k from frame+16+8k, and for the
// wide stub the stack area, byte for byte, to the bottom of the stack.
func Stubs(source, arch string) (wrong []string) {
	bodies := map[string]string{}
	for _, part := range strings.Split(source, "\nTEXT ")[1:] {
		name, body, _ := strings.Cut(part, "<>")
		body, _, _ = strings.Cut(body, "\n\tRET")
		bodies[name] = body
	}
	for _, name := range []string{"stub", "stubLate", "stubWide"} {
		body, ok := bodies[name]
		if !ok {
			wrong = append(wrong, "no "+name)
			continue
		}
		before, _, called := cutCall(body)
		if !called {
			wrong = append(wrong, name+" calls nothing")
			continue
		}
		regs, stack := amd64Moves(before), amd64Copies(before)
		if arch == "arm64" {
			regs, stack = arm64Moves(before)
		}
		for k := range registers[arch] {
			if want := headSize + wordSize*k; regs[k] != want {
				wrong = append(wrong, fmt.Sprintf("%s loads argument register %d from frame+%d, want frame+%d", name, k, regs[k], want))
			}
		}
		for i := 0; i < stackArea; i++ {
			want := headSize + wordSize*registers[arch] + i
			if got, ok := stack[i]; name == "stubWide" && (!ok || got != want) {
				wrong = append(wrong, fmt.Sprintf("%s copies to sp+%d from frame+%d, want frame+%d", name, i, got, want))
				break
			}
		}
	}
	return wrong
}

func cutCall(body string) (before, after string, ok bool) {
	for _, call := range []string{"\tCALL ", "\tBL ", "\tJMP "} {
		if before, after, ok = strings.Cut(body, call); ok {
			return before, after, ok
		}
	}
	return body, "", false
}

var (
	amdArg   = regexp.MustCompile(`MOVQ\s+(\d+)\(DI\), (DI|SI|DX|CX|R8|R9)\b`)
	amdRead  = regexp.MustCompile(`MOVUPS\s+(\d+)\(DI\), X0\b`)
	amdWrite = regexp.MustCompile(`MOVUPS\s+X0, (\d+)\(SP\)`)
	armPair  = regexp.MustCompile(`LDP\s+(\d+)\(R\d+\), \(R(\d+), R(\d+)\)`)
	armWrite = regexp.MustCompile(`STP\s+\(R(\d+), R(\d+)\), (\d+)\(RSP\)`)
	armSub   = regexp.MustCompile(`SUB\s+\$(\d+), RSP`)
)

var amdOrder = map[string]int{"DI": 0, "SI": 1, "DX": 2, "CX": 3, "R8": 4, "R9": 5}

func amd64Moves(body string) map[int]int {
	regs := map[int]int{}
	for _, m := range amdArg.FindAllStringSubmatch(body, -1) {
		regs[amdOrder[m[2]]] = number(m[1])
	}
	return regs
}

// amd64Copies follows each 16-byte copy through X0: sp offset -> frame offset.
func amd64Copies(body string) map[int]int {
	stack := map[int]int{}
	from := -1
	for _, line := range strings.Split(body, "\n") {
		if m := amdRead.FindStringSubmatch(line); m != nil {
			from = number(m[1])
		} else if m := amdWrite.FindStringSubmatch(line); m != nil && from >= 0 {
			for i := range 16 {
				stack[number(m[1])+i] = from + i
			}
			from = -1
		}
	}
	return stack
}

// arm64Moves follows the pairs: what is loaded into R0 to R7 last, and what is
// stored below the stack pointer after the area was reserved.
func arm64Moves(body string) (regs, stack map[int]int) {
	regs, stack = map[int]int{}, map[int]int{}
	held := map[int]int{} // register -> frame offset
	reserved := false
	for _, line := range strings.Split(body, "\n") {
		if m := armSub.FindStringSubmatch(line); m != nil {
			reserved = number(m[1]) == stackArea
		}
		if m := armPair.FindStringSubmatch(line); m != nil {
			held[number(m[2])], held[number(m[3])] = number(m[1]), number(m[1])+wordSize
		}
		if m := armWrite.FindStringSubmatch(line); m != nil && reserved {
			for half, r := range []int{number(m[1]), number(m[2])} {
				from, ok := held[r]
				for i := range wordSize {
					if ok {
						stack[number(m[3])+half*wordSize+i] = from + i
					}
				}
			}
		}
	}
	for k := range registers["arm64"] {
		regs[k] = held[k]
	}
	return regs, stack
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
