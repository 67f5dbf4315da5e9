/** `bytes` as a buffer that counts how often one of them is looked at, and how many are copied out: work that no clock disturbs. */
export function countSteps(bytes: Buffer): { readonly bytes: Buffer; steps(): number } {
  let steps = 0
  const counting = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^[0-9]+$/.test(key)) {
        steps++
        return target[Number(key)]
      }
      // Native methods and accessors know the buffer itself only.
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (key === 'latin1Slice') steps += Number(args[1]) - Number(args[0])
        return member.apply(target, args)
      }
    },
  })
  return { bytes: counting, steps: () => steps }
}
