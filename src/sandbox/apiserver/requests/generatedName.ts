/** The alphabet of the real server: neither vowels, nor what looks like another letter, so that no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxLength = 63

/** A name from `generateName`, cut so that five drawn letters fit. */
export function generatedName(prefix: string, random: (bytes: number) => Uint8Array): string {
  let suffix = ''
  while (suffix.length < suffixLength) {
    // Bytes beyond the last whole alphabet would make its first letters likelier.
    for (const byte of random(suffixLength)) {
      if (suffix.length < suffixLength && byte < 256 - (256 % alphabet.length)) suffix += alphabet[byte % alphabet.length]
    }
  }
  return prefix.slice(0, maxLength - suffixLength) + suffix
}

/** A version 4 UUID. */
export function uuidFrom(random: (bytes: number) => Uint8Array): string {
  const bytes = Uint8Array.from(random(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
