package cpp_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/mig/cpp"
	"github.com/gomach/mach/internal/mig/source"
)

// process gives what a text becomes, with single blanks, and what is wrong with it.
func process(text string, defines ...string) (string, *source.Problems) {
	files := map[string]string{
		"main":      text,
		"dir/a.h":   "in_a\n#include \"b.h\"\n",
		"dir/b.h":   "in_b",
		"loop.h":    "#include \"loop.h\"\n",
		"sys/s.h":   "in_s\n#include \"t.h\"",
		"guarded.h": "#ifndef GUARD\n#define GUARD\nonce\n#endif\n",
	}
	read := func(system bool) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			if text, ok := files[name]; ok && system == strings.HasPrefix(name, "sys/") {
				return []byte(text), nil
			}
			if name == "sys/t.h" && system {
				return []byte("in_t"), nil
			}
			return nil, fs.ErrNotExist
		}
	}
	var problems source.Problems
	o := cpp.Options{Defines: defines, Include: []string{"dir"}, Read: read(false), System: read(true)}
	var words []string
	for _, t := range cpp.Process("main", o, &problems) {
		words = append(words, t.Text)
	}
	return strings.Join(words, " "), &problems
}

// What the C standard says of each (ISO/IEC 9899:2018, 6.10). The last are its own
// examples of macros that make macros (6.10.3.5).
func TestProcess(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"comments":      {"a /* b\n c */ d // e\nf/**/g", "a d f g"},
		"continued":     {"#define X a \\\n b\nX c\\\nd", "a b cd"},
		"object":        {"#define N 3 + 4\nN * N", "3 + 4 * 3 + 4"},
		"no arguments":  {"#define f() x\nf() f ( ) f", "x x f"},
		"arguments":     {"#define f(a, b) b a\nf((1, 2), x y)", "x y ( 1 , 2 )"},
		"over lines":    {"#define f(a) <a>\nf(1\n2)", "< 1 2 >"},
		"empty":         {"#define f(a, b) [a b]\nf(,)", "[ ]"},
		"not recursive": {"#define a b a\n#define b a\na", "a a"},
		"string":        {"#define s(x) #x\ns( a  \"b\" )", `"a \"b\""`},
		"paste":         {"#define p(a, b) a ## b 1\np(x, 2) p(, y)", "x2 1 y 1"},
		"variadic":      {"#define v(a, ...) a[__VA_ARGS__]\nv(1, 2, 3) v(4)", "1 [ 2 , 3 ] 4 [ ]"},
		"undef":         {"#define a 1\n#undef a\na", "a"},
		"if":            {"#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif", "b"},
		"nested":        {"#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#endif", "c"},
		"ifdef":         {"#define X\n#ifdef X\na\n#endif\n#ifndef X\nb\n#endif", "a"},
		"defined":       {"#define X\n#if defined X && !defined(Y) && defined (X)\na\n#endif", "a"},
		"expression":    {"#if (1 + 2 * 3 == 7) && (7 >> 1) == 3 && -1 < 0 && ~0 == -1 && (0 ? 1/0 : 'a') == 97 && 0x10UL == 16\na\n#endif", "a"},
		"no macro":      {"#if NOTHING || __has_include(<x>)\na\n#else\nb\n#endif", "b"},
		"skipped":       {"#if 0\n#error no\n#include <nothing>\n#nonsense\nit's\n#endif\na", "a"},
		"include":       {"#include \"dir/a.h\"\n#include <b.h>", "in_a in_b in_b"},
		"system":        {"#include <sys/s.h>\nx", "in_s in_t x"},
		"guard":         {"#include \"guarded.h\"\n#include \"guarded.h\"", "once"},
		"by macro":      {"#define F <b.h>\n#include F", "in_b"},
		"option":        {"#if A == 1 && B == 7\nA C\n#endif", "1 x y"},
		"pragma":        {"#pragma once\n#\na", "a"},
		"standard 3": {"#define x 3\n#define f(a) f(x * (a))\n#undef x\n#define x 2\n#define g f\n#define z z[0]\n#define h g(~\n#define m(a) a(w)\n#define w 0,1\n#define t(a) a\n" +
			"f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);", "f ( 2 * ( y + 1 ) ) + f ( 2 * ( f ( 2 * ( z [ 0 ] ) ) ) ) % f ( 2 * ( 0 ) ) + t ( 1 ) ;"},
		"standard 4": {"#define str(s) # s\n#define xstr(s) str(s)\n#define glue(a, b) a ## b\n#define xglue(a, b) glue(a, b)\n#define HIGHLOW \"hello\"\n#define LOW LOW \", world\"\nglue(HIGH, LOW); xglue(HIGH, LOW)", `"hello" ; "hello" ", world"`},
	} {
		got, problems := process(c.text, "A", "B=7", "C=x y")
		if got != c.want || len(problems.List) > 0 {
			t.Errorf("%s: %s, want %s; %v", name, got, c.want, problems.List)
		}
	}
}

// Files and macros without end come to one.
func TestLimits(t *testing.T) {
	bomb := "#define a0 x\n"
	for i := range 40 {
		n := string(rune('0'+i/10)) + string(rune('0'+i%10))
		last := "a0"
		if i > 0 {
			last = "b" + string(rune('0'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		}
		bomb += "#define b" + n + " " + last + " " + last + "\n"
	}
	for text, want := range map[string]string{
		"#include \"loop.h\"": "files include each other without end",
		bomb + "b39":          "the macros make more than",
		"/* ":                 "the comment does not end",
		"\"a\nb":              "the quotes do not end",
		"#define f(a) a\nf(1": "the macro's arguments do not end",
	} {
		_, problems := process(text)
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
}

// A token that a macro made stands where the macro was used.
func TestPositions(t *testing.T) {
	var problems source.Problems
	text := "#define two a b\n\n  two /* */ c"
	tokens := cpp.Process("f", cpp.Options{Read: func(string) ([]byte, error) { return []byte(text), nil }}, &problems)
	want := []string{"f:3:3", "f:3:3", "f:3:13"}
	if len(tokens) != len(want) {
		t.Fatal(tokens)
	}
	for i, tok := range tokens {
		if tok.Pos.String() != want[i] {
			t.Errorf("%s stands at %v, want %s", tok.Text, tok.Pos, want[i])
		}
	}
}
