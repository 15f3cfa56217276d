/ip route
set [find comment=wan1 distance=2
add gateway=192.0.2.1
