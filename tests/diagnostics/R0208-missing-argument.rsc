/ip route
set distance=2
/routing rule
move
