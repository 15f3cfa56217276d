/* The same programs, which know connections too. They load only where the kernel lets programs look into its connection
 * tracking. */
#define KNOWS_CONNECTIONS
#include "forward.bpf.c"
