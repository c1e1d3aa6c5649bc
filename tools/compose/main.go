// Loads a compose file as Compose itself does, and prints it as canonical JSON. Used by tests alone.
//
//	compose-config FILE [ENV_FILE]
//
// What the file demands and the specification forbids is an error on standard error, exit code 1.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("usage: compose-config FILE [ENV_FILE]")
	}
	options, err := cli.NewProjectOptions(
		arguments[:1],
		cli.WithOsEnv,
		cli.WithEnvFiles(arguments[1:]...),
		cli.WithDotEnv,
		cli.WithInterpolation(true),
		cli.WithConsistency(true),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	loaded, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(loaded, '\n'))
	return err
}
