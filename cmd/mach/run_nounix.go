//go:build !unix

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func replace(*cobra.Command, string, []string) error { return errors.ErrUnsupported }
