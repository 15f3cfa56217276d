/ip route
disable [find comment="second uplink"]
