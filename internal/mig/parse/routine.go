package parse

import (
	"github.com/gomach/mach/internal/mig/ast"
	"github.com/gomach/mach/internal/mig/cpp"
	"github.com/gomach/mach/internal/mig/source"
)

func (p *parser) routine(at source.Pos, simple bool) ast.Statement {
	r := &ast.Routine{Pos: at, Simple: simple, Name: p.name("the routine")}
	p.want("(", "after a routine's name")
	if p.accept(")") {
		return r
	}
	for !p.broken {
		r.Args = append(r.Args, p.arg())
		if p.accept(";") {
			if p.accept(")") { // a last semicolon too much is forgiven
				return r
			}
			continue
		}
		p.want(")", "after a routine's arguments, which semicolons part")
		return r
	}
	return r
}

// directions are the words that may stand before an argument.
var directions = map[string]bool{
	"in": true, "out": true, "inout": true, "requestport": true, "replyport": true,
	"sreplyport": true, "ureplyport": true, "waittime": true, "sendtime": true,
	"msgoption": true, "msgseqno": true, "sectoken": true, "serversectoken": true,
	"usersectoken": true, "audittoken": true, "serveraudittoken": true,
	"useraudittoken": true, "servercontexttoken": true, "serverimpl": true, "userimpl": true,
}

// arg parses an argument. A word that is also a direction is a name if a colon follows.
func (p *parser) arg() *ast.Arg {
	a := &ast.Arg{Pos: p.pos()}
	if directions[p.word()] && !(len(p.tokens) > 1 && p.tokens[1].Text == ":") {
		a.Direction = p.word()
		p.take()
	}
	a.Name = p.name("an argument")
	p.want(":", "between an argument's name and its type")
	switch {
	case p.word() == "pointerto" || p.word() == "pointertoifnot" || p.word() == "valueof":
		a.Spec = p.spec()
		a.Type = a.Name
	default:
		a.Type = p.name("a type")
		if p.accept("=") {
			a.Spec = p.translated()
		}
	}
	for !p.broken && p.accept(",") {
		a.Flags = append(a.Flags, p.flag())
	}
	return a
}

var flags = map[string]bool{
	"samecount": true, "retcode": true, "physicalcopy": true, "overwrite": true, "dealloc": true,
	"notdealloc": true, "countinout": true, "auto": true, "const": true, "servercopy": true,
}

func (p *parser) flag() ast.Flag {
	f := ast.Flag{Name: p.word(), Pos: p.pos()}
	if len(p.tokens) == 0 || p.tokens[0].Kind != cpp.Ident || !flags[f.Name] {
		p.wrong("a flag of an argument is wanted, such as dealloc or countinout")
		return f
	}
	p.take()
	if p.accept("[") {
		f.Runtime = true
		p.want("]", "after [")
		if f.Name != "dealloc" && !p.broken {
			p.problems.Wrong(f.Pos, f.Name, "only dealloc can be left to the caller by []")
			p.broken = true
		}
	}
	return f
}
