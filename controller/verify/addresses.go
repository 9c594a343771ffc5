package verify

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// addresses is Test 2.1.
func (t *testCase) addresses(ctx context.Context) error {
	t.procedure("docker network inspect %s", network)
	subnets, err := t.subnets(ctx)
	if err != nil {
		return err
	}
	t.raw("%s: %v", network, subnets)
	t.measure("Subnets of network "+network, fmt.Sprint(subnets), "")
	t.procedure("docker inspect %s %s %s", t.container(1), t.container(2), t.container(3))
	states, err := t.states(ctx, first)
	if err != nil {
		return err
	}
	for n, s := range states {
		t.raw("%s %s", t.container(n+1), shown(s.Address))
		t.measure(fmt.Sprintf("Workspace %d IP", n+1), shown(s.Address), "")
	}
	t.check("All addresses are unique", t.shared(states)...)
	t.check(fmt.Sprintf("All addresses are in a subnet of network %s: %v", network, subnets), t.outside(states, subnets)...)
	return nil
}

func shown(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}

// shared returns the workspaces without an address of their own.
func (t *testCase) shared(states []State) (faults []fault) {
	holder := map[netip.Addr]int{}
	for n, s := range states {
		other, taken := holder[s.Address]
		switch {
		case !s.Address.IsValid():
			faults = append(faults, fault{t.name(n+1) + " has no address of its own", t.suite.unsettled})
		case taken:
			faults = append(faults, wrong("%s and %s both have %s", t.name(other), t.name(n+1), s.Address)...)
		default:
			holder[s.Address] = n + 1
		}
	}
	return faults
}

// outside returns the workspaces whose address is in none of the subnets.
func (t *testCase) outside(states []State, subnets []netip.Prefix) (faults []fault) {
	for n, s := range states {
		if !slices.ContainsFunc(subnets, func(p netip.Prefix) bool { return p.Contains(s.Address) }) {
			text := fmt.Sprintf("%s has %s", t.name(n+1), shown(s.Address))
			faults = append(faults, fault{text, t.suite.unsettled && !s.Address.IsValid()})
		}
	}
	return faults
}
