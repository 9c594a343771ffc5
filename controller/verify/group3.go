package verify

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// addresses is Test 3.1.
func (t *trial) addresses(ctx context.Context) error {
	t.did("docker network inspect %s", network)
	var subnets []netip.Prefix
	var err error
	t.call("docker network inspect "+network, func() (string, string) {
		subnets, err = insist(ctx, t, t.machines.Subnets)
		return fmt.Sprintln(subnets), outcome(err)
	})
	if err != nil {
		return err
	}
	t.raw("%s: %v", network, subnets)
	t.measure("Subnets of network "+network, fmt.Sprint(subnets), "")
	t.did("docker inspect %s %s %s", t.container(1), t.container(2), t.container(3))
	states, err := t.states(ctx, 1, first)
	if err != nil {
		return err
	}
	for n, s := range states {
		t.raw("%s %s", t.container(n+1), shown(s.Address))
		t.measure(fmt.Sprintf("Workspace %d IP", n+1), shown(s.Address), "")
	}
	t.all("All addresses are unique", t.shared(states))
	t.all(fmt.Sprintf("All addresses are in a subnet of network %s: %v", network, subnets), t.outside(states, subnets))
	return nil
}

func shown(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}

func (t *trial) shared(states []State) (wrong []fault) {
	holder := map[netip.Addr]int{}
	for n, s := range states {
		other, taken := holder[s.Address]
		switch {
		case !s.Address.IsValid():
			wrong = append(wrong, fault{t.name(n+1) + " has no address of its own", t.unsettled})
		case taken:
			wrong = append(wrong, fault{text: fmt.Sprintf("%s and %s both have %s", t.name(other), t.name(n+1), s.Address)})
		default:
			holder[s.Address] = n + 1
		}
	}
	return wrong
}

func (t *trial) outside(states []State, subnets []netip.Prefix) (wrong []fault) {
	for n, s := range states {
		if !slices.ContainsFunc(subnets, func(p netip.Prefix) bool { return p.Contains(s.Address) }) {
			wrong = append(wrong, fault{fmt.Sprintf("%s has %s", t.name(n+1), shown(s.Address)), t.unsettled && !s.Address.IsValid()})
		}
	}
	return wrong
}
