package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	lineMarker = regexp.MustCompile(`^# \d+ "([^"]*)"`)
	defineLine = regexp.MustCompile(`^#define ([A-Za-z_]\w*)(\()?(.*)$`)
)

// macros lists the object-like macros with a body that our headers define and
// leave defined, with the header of the last definition.
func (c *clang) macros(ctx context.Context, prologue string, header func(file string) string) (map[string]string, error) {
	return c.defined(ctx, prologue, header, false)
}

// functionMacros lists the macros with parameters, of which facts know none.
func (c *clang) functionMacros(ctx context.Context, prologue string, header func(file string) string) (map[string]string, error) {
	return c.defined(ctx, prologue, header, true)
}

func (c *clang) defined(ctx context.Context, prologue string, header func(file string) string, function bool) (map[string]string, error) {
	text, err := c.run(ctx, prologue, "-E", "-dD")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	file := ""
	for _, line := range strings.Split(string(text), "\n") {
		if m := lineMarker.FindStringSubmatch(line); m != nil {
			file = header(m[1])
		} else if name, ok := strings.CutPrefix(line, "#undef "); ok {
			delete(found, strings.TrimSpace(name))
		} else if m := defineLine.FindStringSubmatch(line); m != nil {
			delete(found, m[1])
			if file != "" && (m[2] != "") == function && strings.TrimSpace(m[3]) != "" {
				found[m[1]] = file
			}
		}
	}
	return found, nil
}

// number is an integer constant that clang folded.
type number struct {
	value  int64
	size   int
	signed bool
}

// evaluate folds the C expressions to integers. Those that are no integer
// constant expressions are not in the result.
//
// Each expression stands on a line of its own under a name of its own, so
// that a compiler error says which one to drop.
func (c *clang) evaluate(ctx context.Context, prologue string, exprs []string) (map[string]number, error) {
	line := func(i int, e string) string {
		return fmt.Sprintf("const long long v_%d = (long long)(%s); "+
			"const long long s_%d = sizeof(%s); "+
			"const long long g_%d = _Generic((%s), char:1, signed char:1, short:1, int:1, long:1, long long:1, default:0);\n",
			i, e, i, e, i, e)
	}
	ir, err := c.fold(ctx, prologue, exprs, line)
	if err != nil {
		return nil, err
	}
	out := map[string]number{}
	for i, e := range exprs {
		n := strconv.Itoa(i)
		value, ok := ir["v_"+n]
		if ok {
			out[e] = number{value, int(ir["s_"+n]), ir["g_"+n] == 1}
		}
	}
	return out, nil
}

// sizes folds sizeof of each type; incomplete types are not in the result.
func (c *clang) sizes(ctx context.Context, prologue string, types []string) (map[string]int, error) {
	ir, err := c.fold(ctx, prologue, types, func(i int, t string) string {
		return fmt.Sprintf("const long long v_%d = sizeof(%s);\n", i, t)
	})
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for i, t := range types {
		if v, ok := ir["v_"+strconv.Itoa(i)]; ok {
			out[t] = int(v)
		}
	}
	return out, nil
}

var (
	errorLine = regexp.MustCompile(`(?m)^item:(\d+):\d+: (?:fatal )?error:`)
	irLong    = regexp.MustCompile(`(?m)^@([vsg]_\d+) = .*constant i64 (-?\d+)`)
	irString  = regexp.MustCompile(`(?m)^@(v_\d+) = .*constant \[\d+ x i8\] (?:c"(.*)\\00"|zeroinitializer)`)
)

// fold compiles one line an item, drops the items that do not compile, and
// returns the named constants in the emitted LLVM IR.
func (c *clang) fold(ctx context.Context, prologue string, items []string, line func(int, string) string) (map[string]int64, error) {
	ir, err := c.emit(ctx, prologue, items, line)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, m := range irLong.FindAllStringSubmatch(ir, -1) {
		v, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("in LLVM IR: %w", err)
		}
		out[m[1]] = v
	}
	return out, nil
}

// strings folds the expressions that are string literals.
func (c *clang) strings(ctx context.Context, prologue string, exprs []string) (map[string]string, error) {
	ir, err := c.emit(ctx, prologue, exprs, func(i int, e string) string {
		// sizeof refuses a list in braces, which would initialize an array too.
		return fmt.Sprintf("const long s_%d = sizeof(%s); const char v_%d[] = %s;\n", i, e, i, e)
	})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, m := range irString.FindAllStringSubmatch(ir, -1) {
		i, err := strconv.Atoi(m[1][2:])
		if err != nil {
			return nil, err
		}
		out[exprs[i]] = m[2]
	}
	return out, nil
}

func (c *clang) emit(ctx context.Context, prologue string, items []string, line func(int, string) string) (string, error) {
	bad := map[int]bool{}
	for {
		var b strings.Builder
		b.WriteString(prologue)
		for i, item := range items {
			if !bad[i] {
				fmt.Fprintf(&b, "#line %d \"item\"\n", i+1)
				b.WriteString(line(i, item))
			}
		}
		ir, err := c.run(ctx, b.String(), "-O0", "-S", "-emit-llvm", "-o", "-")
		if err == nil {
			return string(ir), nil
		}
		said, err := diagnostics(err)
		if err != nil {
			return "", err
		}
		before := len(bad)
		for _, m := range errorLine.FindAllStringSubmatch(said, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return "", err
			}
			bad[n-1] = true
		}
		if len(bad) == before {
			return "", fmt.Errorf("clang failed, but not on an item:\n%s", said)
		}
	}
}
