import { iconButton } from './parts/pieces.js'
import { icon } from './parts/icons.js'

const storageKey = 'syncctl.theme'
const themes = [
  { name: 'automatic', label: 'Colours of the system' }, { name: 'light', label: 'Light colours' },
  { name: 'dark', label: 'Dark colours' },
]

/** Adds a button that goes from one theme to the next. */
export function addThemeButton(parent) {
  const button = iconButton('automatic', '', () => choose((chosen + 1) % themes.length))
  let chosen = 0
  const choose = index => {
    chosen = index
    const { name, label } = themes[index]
    document.documentElement.dataset.theme = name
    localStorage.setItem(storageKey, name)
    button.replaceChildren(icon(name))
    button.setAttribute('aria-label', label)
    button.title = label
  }
  choose(Math.max(0, themes.findIndex(({ name }) => name === localStorage.getItem(storageKey))))
  parent.append(button)
}
