/**
 * How many times longer than on an idle machine a test waits before it says that something does not come. A wait ends
 * when what it is for is there, so this costs a test that passes nothing; a machine that is shared is not a fault.
 */
export const PATIENCE = 3;
