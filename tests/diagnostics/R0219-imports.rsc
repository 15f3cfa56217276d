# Files lie beside the script that imports them, or below it.
/import file-name=absent.rsc
/import ../rules.rsc
