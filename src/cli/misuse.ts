/** A command line that cannot be meant: its message says what to write instead. The program ends with 2. */
export class Misuse extends Error {}
