/interface list add name=[/system identity get name]
/rosc fact
add menu=/system/identity property=name value=edge
add menu=/system/identity property=nme value=edge
