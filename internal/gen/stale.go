package gen

import (
	"os"
	"path/filepath"
	"strings"
)

// Stale lists generated files on disk that the generator no longer writes.
func Stale(dir string, files map[string][]byte) ([]string, error) {
	var out []string
	for _, pattern := range []string{"z*.go", "internal/libsystem/z*", "internal/proto/z*.go"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return nil, err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			if _, ok := files[filepath.ToSlash(name)]; !ok && strings.HasPrefix(string(b), header) {
				out = append(out, name)
			}
		}
	}
	return out, nil
}
