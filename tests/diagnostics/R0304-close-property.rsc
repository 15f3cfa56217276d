/ip settings
set arp-timeout=1m
