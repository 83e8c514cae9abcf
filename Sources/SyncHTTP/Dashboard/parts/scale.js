/**
 * An axis from zero to a number that is easy to read. It grows as soon as something is beyond its end, but shrinks only when
 * less than a third of it is used: so it does not go to and fro with what is drawn.
 */
export class Scale {
  static #ticksMax = 5
  static #shareMin = 1 / 3
  #least
  #isWhole
  #step = 0
  #end = 0

  /**
   * @param {object} options
   * @param {number} options.least How far it reaches at least, so that what is next to nothing does not look like much.
   * @param {boolean} [options.isWhole] Whether there are whole numbers only.
   */
  constructor({ least, isWhole = false }) {
    this.#least = least
    this.#isWhole = isWhole
    this.fit(0)
  }

  /** @type {number} */
  get end() { return this.#end }

  /** @type {number[]} Numbers to mark, from zero. */
  get ticks() { return Array.from({ length: Math.round(this.#end / this.#step) + 1 }, (_, index) => index * this.#step) }

  /** Makes room for `largest`. @param {number} largest @returns {boolean} Whether the axis is another one now. */
  fit(largest) {
    const reach = Math.max(largest, this.#least)
    const step = niceStep(reach / Scale.#ticksMax, this.#isWhole)
    const end = step * Math.ceil(reach / step - 1e-9)
    if (reach <= this.#end && (end === this.#end || reach > this.#end * Scale.#shareMin)) return false
    this.#step = step
    this.#end = end
    return true
  }
}

/** The smallest of 1, 2 and 5 by a power of ten that is not below `rough`. */
function niceStep(rough, isWhole) {
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].find(factor => factor * power >= rough * (1 - 1e-9)) * power
  return isWhole ? Math.max(step, 1) : step
}
