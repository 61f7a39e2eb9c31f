package exc

// WithForm makes an exception look as if it had come in its behavior, state and
// all.
func WithForm(e *Exception) *Exception {
	e.form = forms[requestFor(e.Behavior)]
	e.form.state = true
	return e
}
