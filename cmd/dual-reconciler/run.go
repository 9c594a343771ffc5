package main

import "github.com/spf13/cobra"

func runCommand(g *globals) *cobra.Command {
	var f loopFlags
	metrics, page := metricsEndpoint(), pageEndpoint()
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the controller in the foreground",
		Long: `Run the controller in the foreground: it watches the manifests and keeps the containers converged on them.

It ends on SIGINT and SIGTERM and leaves every workspace running; a second signal ends it at once. SIGHUP makes
it read everything again. Under systemd it reports its readiness, the state of the workspaces, and its liveness.
Only one controller of an instance runs at a time.

With --metrics-addr it serves Prometheus metrics at /metrics, and /healthz and /readyz, to this machine only unless
--metrics-allow-remote is given too. With --ui-addr it serves a page to look at in a browser, read-only and to this
machine only.`,
		Example: `  dual-reconciler run
  dual-reconciler run --metrics-addr localhost:9090
  dual-reconciler run --ui-addr localhost:8080
  dual-reconciler run --manifests ~/workspaces --instance team-a --log-format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if _, err := metrics.address(); err != nil {
				return err
			}
			if _, err := page.address(); err != nil {
				return err
			}
			return g.run(cmd.Context(), f, metrics, page)
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&metrics.addr, "metrics-addr", "",
		"serve /metrics, /healthz and /readyz at this host:port, such as localhost:9090 (default: nowhere)")
	flags.BoolVar(&metrics.allowRemote, "metrics-allow-remote", false,
		"let --metrics-addr be an address that other machines reach: there is no password and no encryption")
	flags.StringVar(&page.addr, "ui-addr", "",
		"serve a page to look at, for this machine only, at this host:port, such as localhost:8080 (default: nowhere)")
	return cmd
}
