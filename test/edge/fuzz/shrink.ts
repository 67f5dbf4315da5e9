const attemptsMaximum = 3_000

/** A shorter text of which `fails` still holds: ever smaller parts are left out as long as it does, and patience lasts. */
export function shrink(text: string, fails: (text: string) => boolean): string {
  let attempts = 0
  for (let size = text.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= text.length && attempts < attemptsMaximum; attempts++) {
      const shorter = text.slice(0, at) + text.slice(at + size)
      if (fails(shorter)) text = shorter
      else at += size
    }
  }
  return text
}
