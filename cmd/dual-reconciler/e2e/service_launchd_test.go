package e2e

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

// plistNode is an element of a property list.
type plistNode struct {
	XMLName  xml.Name
	Text     string      `xml:",chardata"`
	Children []plistNode `xml:",any"`
}

// value is a property list's element as Go has it.
func (n plistNode) value(t *testing.T) any {
	t.Helper()
	switch n.XMLName.Local {
	case "true", "false":
		return n.XMLName.Local == "true"
	case "array":
		var list []any
		for _, c := range n.Children {
			list = append(list, c.value(t))
		}
		return list
	case "dict":
		dict := map[string]any{}
		if len(n.Children)%2 != 0 {
			t.Fatal("a dict with a key that has no value")
		}
		for i := 0; i < len(n.Children); i += 2 {
			if n.Children[i].XMLName.Local != "key" {
				t.Fatalf("%s where a key should be", n.Children[i].XMLName.Local)
			}
			dict[n.Children[i].Text] = n.Children[i+1].value(t)
		}
		return dict
	case "string", "integer":
		return n.Text
	}
	t.Fatalf("unknown element %s", n.XMLName.Local)
	return nil
}

func TestLaunchAgent(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/launchd/dev.dual.reconciler.plist")
	if err != nil {
		t.Fatal(err)
	}
	var root plistNode
	if err := xml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	if root.XMLName.Local != "plist" || len(root.Children) != 1 {
		t.Fatalf("no property list: %s", text)
	}
	agent, ok := root.Children[0].value(t).(map[string]any)
	if !ok {
		t.Fatal("the property list is no dict")
	}
	known := strings.Fields(`Label ProgramArguments EnvironmentVariables RunAtLoad KeepAlive ThrottleInterval ExitTimeOut
		SoftResourceLimits StandardOutPath StandardErrorPath`)
	for _, key := range known {
		if agent[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	if len(agent) != len(known) {
		t.Errorf("%d keys, of which %d are known", len(agent), len(known))
	}
	var args []string
	for _, arg := range agent["ProgramArguments"].([]any) {
		args = append(args, arg.(string))
	}
	if args[0] != "/usr/local/bin/dual-reconciler" {
		t.Errorf("it starts %s", args[0])
	}
	takes(t, args[1:])
	if keep := agent["KeepAlive"].(map[string]any); keep["SuccessfulExit"] != false {
		t.Errorf("KeepAlive: %v: a clean stop must stay a stop", keep)
	}
	// launchd expands nothing, so every path is absolute once docs/service.md's sed has run.
	for _, key := range []string{"StandardOutPath", "StandardErrorPath"} {
		if path := strings.Replace(agent[key].(string), "@HOME@", "/Users/me", 1); !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "~$@") {
			t.Errorf("%s: %s", key, path)
		}
	}
}
