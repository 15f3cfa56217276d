/ip dns cache flush
/system reboot
