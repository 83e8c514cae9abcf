import { categoryIcon, categoryTitle, shownAt } from '../../notifications.js'
import { address } from '../../parts/address.js'
import { setTime, timeElement } from '../../parts/days.js'
import { element, setText } from '../../parts/dom.js'
import { moment } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'
import { badge, iconButton } from '../../parts/pieces.js'

export const isArchived = ({ archivedMilliseconds }) => archivedMilliseconds !== undefined
/** Whether it waits for the user. */
export const isUnread = news => news.readMilliseconds === undefined && !isArchived(news)

/**
 * Where a notification leads, and how it is opened: what is not in the dashboard has a window of its own. Links of any other
 * form are not followed.
 */
function linkAttributes(link) {
  if (link?.startsWith('/#/')) return { href: link.slice(1) }
  if (!/^(https?:\/\/[^/]|\/(?!\/))/i.test(link ?? '')) return null
  return { href: link, target: '_blank', rel: 'noopener noreferrer' }
}

/**
 * Makes the element of a notification, which {@link showItem} fills.
 *
 * @param {any} news
 * @param {(id: string, mark: string) => void} mark
 */
export function makeItem(news, mark) {
  const { id, category, title, body, room, sender, link, dueMilliseconds } = news
  const attributes = linkAttributes(link)
  const press = event => mark(id, event.currentTarget.dataset.mark)
  const open = () => { if (node.classList.contains('is-unread')) mark(id, 'read') }
  const node = element('li', { class: 'news', 'data-id': id, 'data-category': category },
    element('span', { class: 'news-icon' }, icon(categoryIcon(category))),
    element('div', { class: 'news-what' },
      element('h3', { class: 'news-title' }, element('span', { class: 'visually-hidden news-state' }),
        attributes ? element('a', { ...attributes, on: { click: open } }, title) : title),
      body && element('p', { class: 'news-body' }, body),
      element('p', { class: 'news-facts' }, timeElement(), badge(categoryTitle(category)),
        sender && element('span', {}, `From ${sender}`),
        room && element('a', { href: address('rooms', [room]) }, room),
        element('span', { class: 'news-quiet' }), element('span', { class: 'news-expiry' }),
        dueMilliseconds !== undefined && element('span', {}, `Told ${moment(news.milliseconds)}`))),
    element('div', { class: 'news-actions' },
      iconButton('check', '', press, { 'data-action': 'read' }), iconButton('archive', '', press, { 'data-action': 'archive' })))
  return node
}

/** Makes a notification's element show it as it is now. */
export function showItem(node, news) {
  node.classList.toggle('is-unread', isUnread(news))
  setText(node.querySelector('.news-state'), isUnread(news) ? 'Unread: ' : isArchived(news) ? 'Archived: ' : '')
  setTime(node.querySelector('time'), shownAt(news))
  setText(node.querySelector('.news-quiet'), news.isQuiet ? 'Quiet' : '')
  const { expiryMilliseconds } = news
  setText(node.querySelector('.news-expiry'), expiryMilliseconds === undefined ? '' : `Until ${moment(expiryMilliseconds)}`)
  showAction(node.querySelector('[data-action="read"]'), news.readMilliseconds === undefined
    ? ['read', 'Mark as read', 'check'] : ['unread', 'Mark as unread', 'unread'], news.title)
  showAction(node.querySelector('[data-action="archive"]'), isArchived(news)
    ? ['unarchived', 'Take out of the archive', 'undo'] : ['archived', 'Archive', 'archive'], news.title)
}

function showAction(button, [mark, text, image], title) {
  if (button.dataset.mark === mark) return
  button.dataset.mark = mark
  button.title = text
  button.setAttribute('aria-label', `${text}: ${title}`)
  button.replaceChildren(icon(image))
}
