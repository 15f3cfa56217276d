/interface list add name=WAN
/import R0217-import-of-itself.rsc
