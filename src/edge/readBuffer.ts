/**
 * What all connections of this thread read into: libuv reads and hands over in one go, and every reader uses or copies the bytes before it
 * returns. 64 KiB is what libuv would ask for.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(65_536)
