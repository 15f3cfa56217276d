/rosc fact
add menu=/interface value=yes
add command=":resolve example.com"
