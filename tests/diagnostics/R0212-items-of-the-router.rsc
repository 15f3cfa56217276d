# These items are on the router, but not in the configuration.
/ip service
disable telnet,ftp
/queue simple
add name=guests target=10.9.0.0/24 place-before=3
move 5 destination=0
