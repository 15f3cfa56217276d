# What a rule takes, no rule behind it sees: the forward below stands behind one for the whole uplink, the mark below
# behind one for all unmarked connections. The last rule asks for the mark that the one before it has set, so that the
# same condition is another one there.
/ip firewall nat
add action=dst-nat chain=dstnat in-interface=ether1 to-addresses=192.168.88.10
add action=dst-nat chain=dstnat dst-port=8080 in-interface=ether1 protocol=tcp to-addresses=192.168.88.11
/ip firewall mangle
add action=mark-connection chain=prerouting connection-mark=no-mark new-connection-mark=first passthrough=no
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether2 new-connection-mark=second
add action=accept chain=forward connection-mark=third
add action=mark-connection chain=forward in-interface=ether3 new-connection-mark=third
add action=change-mss chain=forward connection-mark=third new-mss=1360 protocol=tcp tcp-flags=syn
add action=accept chain=forward connection-mark=first
add action=accept chain=forward connection-mark=second
