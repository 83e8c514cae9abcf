import { element, setText, showList } from '../../../parts/dom.js'
import { badge, button, emptyState } from '../../../parts/pieces.js'
import { isVersionList, kindText, wholeContent } from './contents-view.js'
import { isEmpty, textOf } from './picture.js'

/** Characters of a root that are shown at once. */
const charactersMax = 60_000

/** Shows a picture of a document, root by root. What is as it was stays, with what is selected in it. */
export class DocumentView {
  element = element('div', { class: 'document-view' })
  #roots = element('div', { class: 'stack' })
  #empty = emptyState('rooms', 'The document is empty', 'Nothing is in it at this moment.')
  /** Roots that somebody wants to see as a whole. */
  #whole = new Set()

  constructor() { this.element.append(this.#roots) }

  /** @param {import('./picture.js').Picture} picture */
  show(picture) {
    const roots = picture.roots.filter(([name, content]) => !isEmpty(content) && !isVersionList(name, content))
    showList(this.#roots, roots, ([name]) => name, root => this.#make(root), (node, root) => this.#update(node, root))
    if (roots.length === 0) this.element.append(this.#empty)
    else this.#empty.remove()
  }

  #make([name]) {
    return element('section', { class: 'root', 'data-root': name, 'aria-label': name },
      element('header', {}, element('h3', { class: 'mono' }, name), badge('')), element('div'))
  }

  #update(node, [name, content]) {
    const [head, body] = node.children
    setText(head.lastElementChild, kindText(content))
    const signature = `${content.kind} ${this.#whole.has(name)} ${JSON.stringify(content, replacer)}`
    if (node.signature === signature) return
    node.signature = signature
    const { node: shown, isCut } = wholeContent(content, this.#whole.has(name) ? Infinity : charactersMax)
    body.replaceChildren(shown)
    if (isCut) {
      body.append(button('Show all of it', () => {
        this.#whole.add(name)
        this.#update(node, [name, content])
      }))
    }
  }
}

const replacer = (_, value) => typeof value === 'bigint' ? String(value) :
  value instanceof Uint8Array ? textOf({ kind: 'value', value: [...value] }) : value
