/routing table
add name=wan2
