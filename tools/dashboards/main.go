// Judges dashboards by the types that Grafana's makers generate from Grafana's own schema, strictly:
// a field that the schema does not know, one that is missing or of another type, a value out of its
// range, a kind of panel or a query that nobody knows. Used by tests alone.
//
//	dashboard-check FILE...
//
// Prints each problem with its file on standard error; exit code 1 where there is one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: dashboard-check FILE...")
		os.Exit(2)
	}
	plugins.RegisterDefaultPlugins()
	failed := false
	for _, file := range os.Args[1:] {
		for _, problem := range problems(file) {
			fmt.Fprintf(os.Stderr, "%s: %s\n", filepath.Base(file), problem)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func problems(file string) []string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return []string{err.Error()}
	}
	var found dashboard.Dashboard
	told := listed(found.UnmarshalJSONStrict(raw))
	var parts struct{ Panels []json.RawMessage }
	if err := json.Unmarshal(raw, &parts); err != nil {
		return told
	}
	told = append(told, listed(found.Validate())...)
	for index, each := range parts.Panels {
		for _, problem := range ofPanel(each) {
			told = append(told, fmt.Sprintf("panels[%d].%s", index, problem))
		}
	}
	return told
}

// ofPanel judges what the types above take unseen: ranges, field configurations, and the queries,
// whose kind only the panel knows.
func ofPanel(raw json.RawMessage) []string {
	var parts struct {
		Type        string
		FieldConfig json.RawMessage
		Datasource  struct{ Type string }
		Targets     []json.RawMessage
		Panels      []json.RawMessage
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return []string{err.Error()}
	}
	var told []string
	for _, inner := range parts.Panels {
		told = append(told, ofPanel(inner)...)
	}
	if parts.Type == "row" {
		return told
	}
	var panel dashboard.Panel
	_ = panel.UnmarshalJSONStrict(raw) // told of with the dashboard
	told = append(told, listed(panel.Validate())...)
	if _, known := cog.ConfigForPanelcfgVariant(parts.Type); !known {
		told = append(told, fmt.Sprintf("type: no such kind of panel: %q", parts.Type))
	}
	var fields dashboard.FieldConfigSource
	told = append(told, listed(fields.UnmarshalJSONStrict(parts.FieldConfig))...)
	for index, query := range parts.Targets {
		for _, problem := range ofQuery(query, parts.Datasource.Type) {
			told = append(told, fmt.Sprintf("targets[%d].%s", index, problem))
		}
	}
	return told
}

func ofQuery(raw json.RawMessage, source string) []string {
	query, err := cog.UnmarshalDataquery(raw, source)
	if err != nil {
		return listed(err)
	}
	if _, none := query.(variants.UnknownDataquery); none {
		return []string{fmt.Sprintf("nobody knows queries of the data source %q", source)}
	}
	_, err = cog.StrictUnmarshalDataquery(raw, source)
	return append(listed(err), listed(query.Validate())...)
}

// listed makes one line of each problem. The types return an empty list where there is none, which
// is no nil error.
func listed(err error) []string {
	if err == nil {
		return nil
	}
	var several cog.BuildErrors
	if !errors.As(err, &several) {
		return []string{err.Error()}
	}
	told := make([]string, 0, len(several))
	for _, each := range several {
		told = append(told, each.Error())
	}
	return told
}
