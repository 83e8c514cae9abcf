// Finds what is to be seen by its role and name, as a screen reader tells them. A name is exact, or a regular expression.

const candidates = {
  button: 'button, summary, [role=button], input[type=button], input[type=submit]',
  link: 'a[href], [role=link]',
  heading: 'h1, h2, h3, h4, h5, h6, [role=heading]',
  textbox: 'input, textarea, [contenteditable], [role=textbox]',
}

function find(role, name, pattern, within) {
  const matches = pattern === null ? text => name === null || text === name : text => new RegExp(pattern).test(text)
  const isSeen = node => node.checkVisibility({ visibilityProperty: true })
  // An image has two names, and what opens details has a role of this browser only.
  const roleOf = node => node.localName === 'summary' ? 'button' : node.computedRole === 'image' ? 'img' : node.computedRole
  return [...(within ?? document).querySelectorAll(candidates[role] ?? '*')].filter(
    node => roleOf(node) === role && matches(node.computedName.trim()) && isSeen(node))
}

return find(...arguments)
