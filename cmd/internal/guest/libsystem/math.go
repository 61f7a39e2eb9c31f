//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Functions of libm by name; each has a float form with an f behind.
var (
	math1 = map[string]func(float64) float64{
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan, "sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh,
		"asinh": math.Asinh, "acosh": math.Acosh, "atanh": math.Atanh, "exp": math.Exp, "exp2": math.Exp2, "expm1": math.Expm1, "log": math.Log, "log2": math.Log2,
		"log10": math.Log10, "log1p": math.Log1p, "sqrt": math.Sqrt, "cbrt": math.Cbrt, "fabs": math.Abs, "floor": math.Floor, "ceil": math.Ceil, "round": math.Round,
		"trunc": math.Trunc, "rint": math.RoundToEven, "nearbyint": math.RoundToEven, "tgamma": math.Gamma, "erf": math.Erf, "erfc": math.Erfc,
		"lgamma": func(x float64) float64 { v, _ := math.Lgamma(x); return v },
	}
	math2 = map[string]func(a, b float64) float64{
		"pow": math.Pow, "atan2": math.Atan2, "fmod": math.Mod, "remainder": math.Remainder, "hypot": math.Hypot, "copysign": math.Copysign, "nextafter": math.Nextafter,
		"fdim": math.Dim, "fmax": maxNumber, "fmin": func(a, b float64) float64 { return -maxNumber(-a, -b) },
	}
)

// maxNumber is C's fmax: a NaN is missing data.
func maxNumber(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	if math.IsNaN(b) {
		return a
	}
	return math.Max(a, b)
}

func float32Arg(c *proc.Call, n int) float64 {
	return float64(math.Float32frombits(uint32(math.Float64bits(c.Float(n)))))
}

// returnFloat32 puts a float into the low half of the result register.
func returnFloat32(c *proc.Call, v float64) {
	c.ReturnFloat(math.Float64frombits(uint64(math.Float32bits(float32(v)))))
}

func init() {
	for name, f := range math1 {
		on(name, func(c *proc.Call) { c.ReturnFloat(f(c.Float(0))) })
		on(name+"f", func(c *proc.Call) { returnFloat32(c, f(float32Arg(c, 0))) })
	}
	for name, f := range math2 {
		on(name, func(c *proc.Call) { c.ReturnFloat(f(c.Float(0), c.Float(1))) })
		on(name+"f", func(c *proc.Call) { returnFloat32(c, f(float32Arg(c, 0), float32Arg(c, 1))) })
	}
	on("fma", func(c *proc.Call) { c.ReturnFloat(math.FMA(c.Float(0), c.Float(1), c.Float(2))) })
	on("ldexp scalbn", func(c *proc.Call) { c.ReturnFloat(math.Ldexp(c.Float(0), c.Int(0))) })
	on("frexp", func(c *proc.Call) {
		f, e := math.Frexp(c.Float(0))
		if p := proc.At[int32](c, c.Arg(0)); p != nil {
			*p = int32(e)
		}
		c.ReturnFloat(f)
	})
	on("modf", func(c *proc.Call) {
		i, f := math.Modf(c.Float(0))
		if p := proc.At[float64](c, c.Arg(0)); p != nil {
			*p = i
		}
		c.ReturnFloat(f)
	})
	for name, f := range map[string]func(float64) float64{"lround llround": math.Round, "lrint llrint": math.RoundToEven} {
		on(name, func(c *proc.Call) { c.Return(uint64(int64(f(c.Float(0))))) })
	}
}
