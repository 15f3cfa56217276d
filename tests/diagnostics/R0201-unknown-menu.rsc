/ip firewll nat
add action=masquerade chain=srcnat
