# These items are on the router, but not in the configuration.
/ip service
disable telnet,ftp
/ip firewall filter
add chain=input action=drop place-before=3
move 5 destination=0
