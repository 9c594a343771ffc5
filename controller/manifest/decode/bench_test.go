package decode

import "testing"

func BenchmarkFile(b *testing.B) {
	data := []byte(manifest("shop", "command: [sh, -c]", "args: [pnpm dev]", "env: [{name: NODE_ENV, value: development}]", "source: {path: ../shop}",
		"mounts:", "- {type: volume, name: node-modules, target: /workspace/node_modules}", "resources: {limits: {cpu: 2, memory: 4Gi}}"))
	b.ReportAllocs()
	for b.Loop() {
		if docs, _ := File("x.yaml", data); docs[0].Workspace == nil {
			b.Fatal(docs[0].Faults)
		}
	}
}
