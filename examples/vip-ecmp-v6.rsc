# RouterOS 6: one list of gateways is one multipath route, here to a service address that three nodes behind a
# bridge share. Which node serves a client follows from the addresses. BGP to the nodes is not carried over.
/interface bridge
add name=bridge protocol-mode=none
/interface bridge port
add bridge=bridge interface=ether2
/ip address
add address=172.30.1.1/24 interface=bridge
/routing bgp instance
set default as=64512 router-id=172.30.1.1
/routing bgp peer
add name=node1 remote-address=172.30.1.20 remote-as=64513
add name=node2 remote-address=172.30.1.70 remote-as=64513
add name=node3 remote-address=172.30.1.82 remote-as=64513
/ip route add dst-address=172.30.1.7/32 gateway=172.30.1.20,172.30.1.70,172.30.1.82 distance=10 \
    comment="the service address"
