package gocheck

import (
	"go/types"
	"strings"
	"unicode"
)

// This file is the naming rule as this reader has it, from docs/architecture.md and the
// package's documentation. It goes from Go names to C's, where the generator goes from
// C's to Go's, and has no list of initialisms.

// spells reports whether a Go name is how the rule spells a C name in CamelCase: the same
// letters and digits, and each word of C begins with a capital and goes on in one case
// (Task, CPU). A C name with an underscore in front, or with a digit, may have an X.
func spells(goName, cName string) bool {
	if rest, ok := strings.CutPrefix(goName, "X"); ok && cName != "" && (cName[0] == '_' || isDigit(cName[0])) && spellsWords(rest, cName) {
		return true
	}
	return spellsWords(goName, cName)
}

func spellsWords(goName, cName string) bool {
	for _, w := range wordsOf(cName) {
		goName = strings.TrimPrefix(goName, "_") // between two digits
		if len(goName) < len(w) || !strings.EqualFold(goName[:len(w)], w) || !capital(goName[:len(w)]) {
			return false
		}
		goName = goName[len(w):]
	}
	return goName == ""
}

// wordsOf takes a C name apart at underscores, and where it has capitals inside:
// old_stateCnt, host_get_UNDServer.
func wordsOf(cName string) (words []string) {
	for _, w := range strings.FieldsFunc(cName, func(r rune) bool { return r == '_' }) {
		from := 0
		for i := 1; i < len(w); i++ {
			if isUpper(w[i]) && (!isUpper(w[i-1]) || i+1 < len(w) && !isUpper(w[i+1]) && !isDigit(w[i+1])) {
				words, from = append(words, w[from:i]), i
			}
		}
		words = append(words, w[from:])
	}
	return words
}

// capital reports whether a word begins with a capital, or a digit, and goes on in one
// case.
func capital(word string) bool {
	if unicode.IsLower(rune(word[0])) && strings.ToLower(word) != strings.ToUpper(word) {
		return false
	}
	rest := word[1:]
	return rest == strings.ToLower(rest) || rest == strings.ToUpper(rest)
}

// spellsParameter is spells for a parameter: its first word is in lower case, and a
// name that Go has a meaning for ends in an underscore.
func spellsParameter(goName, cName string) bool {
	goName = strings.TrimSuffix(goName, "_")
	if goName == "" || unicode.IsUpper(rune(goName[0])) {
		return false
	}
	words := wordsOf(cName)
	if len(words) == 0 || len(goName) < len(words[0]) {
		return false
	}
	first := len(words[0])
	return goName[:first] == strings.ToLower(words[0]) && spells(goName[first:], strings.Join(words[1:], "_"))
}

// constantKey is alike for a C constant and for what it is called in Go: the C name
// without underscores in front, but for the case of its first letter.
func constantKey(name string) string {
	name = strings.TrimLeft(name, "_")
	return strings.ToUpper(name[:1]) + name[1:]
}

// member finds what a record, or what is embedded in it, calls a member of C.
func member(t types.Type, cName string) (goName string, ok bool) {
	named, _ := types.Unalias(t).(*types.Named)
	if named != nil {
		for i := range named.NumMethods() {
			if m := named.Method(i).Name(); spells(m, cName) {
				return m, true
			}
		}
	}
	st, isStruct := t.Underlying().(*types.Struct)
	if !isStruct {
		return "", false
	}
	for i := range st.NumFields() {
		if f := st.Field(i); spells(f.Name(), cName) {
			return f.Name(), true
		}
	}
	for i := range st.NumFields() {
		if f := st.Field(i); f.Embedded() {
			if name, ok := member(f.Type(), cName); ok {
				return name, true
			}
		}
	}
	return "", false
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
