# The first mark is written in two ways, the second is asked for by nobody, the third by the filter.
/ip firewall mangle
add action=mark-connection chain=prerouting in-interface=ether1 new-connection-mark=wan1-conn
add action=change-mss chain=forward connection-mark=wan1_conn new-mss=1360 protocol=tcp tcp-flags=syn
add action=mark-connection chain=prerouting in-interface=ether2 new-connection-mark=guests
