# Ends each process that carries the mark $1 in its environment, or whose parent or session does, or that is among the
# numbers behind it. Only the shell's own commands are used. Prints what goes on, and ends with 1 then.
mark=$1
shift
all=" $* "
me=$$
round=0
while [ $round -lt 25 ]; do
	round=$((round + 1))
	found=" " sessions=" " grew=1
	while [ $grew = 1 ]; do
		grew=0
		for dir in /proc/[0-9]*; do
			pid=${dir#/proc/}
			[ "$pid" != 1 ] && [ "$pid" != $me ] || continue
			case $found in *" $pid "*) continue ;; esac
			line=
			{ read -r line <"$dir/stat"; } 2>/dev/null
			[ -n "$line" ] || continue
			set -- ${line##*) }
			[ "$1" != Z ] && [ "$1" != X ] || continue
			parent=$2 session=$4 hit=
			case $found in *" $parent "*) hit=1 ;; esac
			case $sessions in *" $session "*) hit=1 ;; esac
			case $all in *" $pid "*) hit=1 ;; esac
			if [ -z "$hit" ]; then
				entry=
				while read -r entry || [ -n "$entry" ]; do
					case $entry in *"$mark"*) hit=1; break ;; esac
					entry=
				done 2>/dev/null <"$dir/environ"
			fi
			[ -n "$hit" ] || continue
			grew=1
			found="$found$pid "
			[ "$session" -le 1 ] || sessions="$sessions$session "
		done 2>/dev/null
	done
	[ "$found" != " " ] || exit 0
	all=$found
	kill -KILL $found 2>/dev/null
	[ $round -lt 4 ] || sleep 1 2>/dev/null
	[ $round -lt 8 ] || break
done
echo $all
exit 1
