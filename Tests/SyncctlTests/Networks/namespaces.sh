#!/bin/sh
# Three machines, each a network namespace, that a bridge in a fourth joins. Machine n has the address 10.77.0.n.
#
# Prints "ready" when they are there, and ends with an error where that is not allowed. Then each line of the input, "cut N"
# or "restore N", is answered by itself when it is done; what goes to and from a machine that is cut off gets lost on the
# bridge. All is removed, with whatever still runs there, when the input ends, however that comes about.
set -e
prefix=$1
machines="1 2 3"

remove() {
  for name in $machines hub; do
    ip netns pids "$prefix-$name" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns del "$prefix-$name" 2>/dev/null || true
  done
}
trap remove EXIT
trap 'exit 1' INT TERM HUP

ip netns add "$prefix-hub"
ip -n "$prefix-hub" link add bridge type bridge
ip -n "$prefix-hub" link set bridge up
for machine in $machines; do
  ip netns add "$prefix-$machine"
  ip -n "$prefix-$machine" link set lo up
  ip -n "$prefix-$machine" link add eth0 type veth peer name "port$machine" netns "$prefix-hub"
  ip -n "$prefix-$machine" address add "10.77.0.$machine/24" dev eth0
  ip -n "$prefix-$machine" link set eth0 up
  ip -n "$prefix-hub" link set "port$machine" master bridge up
done
echo ready

while read -r action machine; do
  case $action in
    cut) ip -n "$prefix-hub" link set "port$machine" nomaster ;;
    restore) ip -n "$prefix-hub" link set "port$machine" master bridge ;;
  esac
  echo "$action $machine"
done
