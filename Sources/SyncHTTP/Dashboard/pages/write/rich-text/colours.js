/**
 * Colours of people: what others say theirs is, as far as it is one.
 *
 * @module
 */

/** A colour as #rrggbb: the one that somebody says, or one that belongs to their client. */
export function colourOf(value, client) {
  if (typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase()
  // Golden angles lie far apart, also for neighbours.
  const hue = client * 137.508 % 360
  const part = offset => {
    const place = (offset + hue / 30) % 12
    return Math.round(255 * (0.42 - 0.294 * Math.max(-1, Math.min(place - 3, 9 - place, 1)))).toString(16).padStart(2, '0')
  }
  return `#${part(0)}${part(8)}${part(4)}`
}

/** Black or white, whichever is better to read on a colour: one of them has a contrast of at least 4.5. */
export function textColourOn(colour) {
  const [red, green, blue] = [1, 3, 5].map(place => {
    const share = parseInt(colour.slice(place, place + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff'
}
