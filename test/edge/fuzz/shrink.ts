/** A shorter text of which `fails` still holds: ever smaller parts are left out as long as it does. */
export function shrink(text: string, fails: (text: string) => boolean): string {
  for (let size = text.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= text.length; ) {
      const shorter = text.slice(0, at) + text.slice(at + size)
      if (fails(shorter)) text = shorter
      else at += size
    }
  }
  return text
}
